"""What the tests of JavaScript programs share, in node and in a browser."""

import numpy as np
from campaigns import graphs

import tinygraph as tg

_GRADIENTS = """
const results = JOB.map(({ feeds, samples }, k) => {
  const { network, parameters, fill } = modules[k];
  const copy = network(samples);
  fill(copy, parameters);
  fill(copy, feeds);
  copy.forward();
  copy.backward();
  return Object.fromEntries(Object.entries(copy.nodes).map(([name, { value, gradient }]) =>
    [name, [nested(value), gradient && nested(gradient)]]));
});
"""


def module_of(program):
    return program.source.replace("export ", "")


def gradients_code(cases):
    """Return code that computes all values and gradients of models, and its data ``JOB``."""
    modules, job = [], []
    for model, feeds in cases:
        text = module_of(tg.compile(model, target="javascript"))
        modules.append(f"(() => {{\n{text}\nreturn {{ network, parameters, fill, nested }};\n}})()")
        lists = {name: np.asarray(array).tolist() for name, array in feeds.items()}
        samples = next((len(array) for array in feeds.values() if np.ndim(array)), 1)
        job.append({"feeds": lists, "samples": samples})
    code = f"const modules = [{','.join(modules)}];\nconst {{ nested }} = modules[0];\n"
    return code + _GRADIENTS, job


def random_cases(count, seed):
    """Return random graphs of the campaign, each with its feeds."""
    rng, cases = np.random.default_rng(seed), []
    while len(cases) < count:
        graph = graphs.random_graph(rng)
        if graph.inputs and len(graph.nodes) <= 50:
            feeds = {"x": rng.normal(size=(graphs.SIZE, graphs.SIZE))}
            graph.forward(**feeds)
            cases.append((graph, feeds))
    return cases


def assert_equal_nodes(model, feeds, found):
    model.forward(**feeds)
    model.backward()
    for node in model.nodes:
        if node.name not in found or isinstance(node, tg.Constant):
            continue
        value, gradient = found[node.name]
        assert_close(value, node.value, node)
        if node.grad is not None:
            assert_close(gradient, node.grad, node)


def assert_close(got, expected, node):
    got = np.asarray(got, float)
    assert got.shape == np.shape(expected), node
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-13 * scale, err_msg=str(node))
