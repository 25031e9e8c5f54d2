// The graph that ends in $output, written as JavaScript by tinygraph $version.
//
//   import { predict } from "./network.js";
//   predict({ … });   // nested arrays, by the name of the input: $inputs
//
// Every node keeps its value and its gradient: network(n).nodes["name"].
