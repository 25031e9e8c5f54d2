"""Pictures of a graph: diagrams and the stepper."""
