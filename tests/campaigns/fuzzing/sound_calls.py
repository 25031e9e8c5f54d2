"""A valid call of each public name; an attack changes one of its arguments."""

import json
from pathlib import Path

import numpy as np

import tinygraph as tg
from tinygraph.exercises.verdict import judge
from tinygraph.notation.names import Notation


class Double(tg.Op):
    """A custom op, because ``tg.Op`` itself does not compute anything."""

    factor: float = 2.0

    def forward(self, x):
        return self.factor * x

    def backward(self, g, y, x):
        return self.factor * g


X, T = tg.data.xor()
FEEDS = {"x": X, "t": T}


def fresh(trained=False):
    """Return a new model and its optimizer."""
    model = tg.lab2.model(rng=0)
    optimizer = tg.Adam(model.parameters, lr=0.1)
    if trained:
        model.forward(x=X, t=T)
        model.backward()
    return model, optimizer


def model(trained=True):
    return fresh(trained)[0]


def build(rng, lr=0.1):
    made = tg.lab2.model(rng=rng)
    return made, tg.SGD(made.parameters, lr=lr)


def drawn(rng, shape):
    return rng.random(shape)


PIXELS = np.linspace(0.0, 1.0, 2 * 4 * 4).reshape(2, 4, 4)


def of_a_layer(name, shape, **arguments):
    return lambda: (
        getattr(tg.layers, name),
        {"x": tg.Input("x", shape), "name": "layer", **arguments},
    )


def of_gradients():
    w = tg.Parameter([1.0, 2.0], name="w")
    return tg.gradients, {"output": tg.Sum(w * w), "of": [w]}


def a_history():
    trained, optimizer = fresh()
    return tg.fit(trained, optimizer, epochs=2, print_interval=1, **FEEDS)


def recorded_animation():
    animation = tg.plots.animate(model(), X, T, resolution=5)
    animation(a_history())
    return animation


def swept():
    return tg.sweep(build, {"lr": [0.1, 1.0]}, 1, epochs=2, engine="interpreted", x=X, t=T)


def names():
    graph = model()
    return Notation(graph.nodes, graph.output), graph


def of_names(method, **arguments):
    """Return a method of a Notation, and arguments made from its graph."""
    notation, graph = names()
    return getattr(notation, method), {key: make(graph) for key, make in arguments.items()}


def of_a_node(method):
    return lambda: of_names(method, node=lambda graph: graph["layer1/W"])


def of_an_op(method, **more):
    constants = {key: lambda graph, value=value: value for key, value in more.items()}
    return lambda: of_names(method, op=lambda graph: graph["layer1/z"], **constants)


def of_an_op_class(op_class):
    arrays = op_class.example(np.random.default_rng(0))
    inputs = [tg.Parameter(array, name=f"p{k}") for k, array in enumerate(arrays)]
    return lambda: (op_class, {"inputs": inputs, "hyperparameters": {}})


def of_an_optimizer(kind):
    return lambda: (kind, {"parameters": model().parameters})


def a_run():
    return tg.Run({"lr": 0.1}, seed=0, losses=np.array([0.5, 0.25]))


def a_program():
    return tg.compile(*fresh())


def saved():
    graph, optimizer = fresh()
    tg.save("sound.npz", graph, optimizer, tg.History())
    return tg.load, {"path": "sound.npz", "model": graph, "optimizer": optimizer}


def of_load_parameters():
    graph = model()
    numbers = {p.name: p.value.ravel().tolist() for p in graph.parameters}
    Path("parameters.json").write_text(json.dumps(numbers), encoding="utf-8")
    return tg.load_parameters, {"path": "parameters.json", "model": graph}


def an_optimizer():
    return fresh(trained=True)[1]


def a_stepper():
    return tg.step_through(model(), x=X, t=T)


def of_fit():
    graph, optimizer = fresh()
    known = {"model": graph, "optimizer": optimizer, "unnamed": []}
    return tg.fit, {**known, "epochs": 2, "print_interval": 0, "feeds": FEEDS}


def of_sweep():
    sound = {"build": build, "seeds": 1, "epochs": 2, "engine": "interpreted", "feeds": FEEDS}
    return tg.sweep, {**sound, "grid": {"lr": [0.1]}}


def of_step_through():
    graph, optimizer = fresh()
    return tg.step_through, {"model": graph, "optimizer": optimizer, "feeds": FEEDS}


def a_playground():
    graph, optimizer = fresh()
    return tg.playground(graph, optimizer, **FEEDS)


def of_playground():
    graph, optimizer = fresh()
    task = {"text": "Train it.", "goal": {"loss below": 0.1}}
    known = {"model": graph, "optimizer": optimizer, "task": task, "title": "Mine"}
    return tg.playground, {**known, "feeds": FEEDS}


def of_the_graph(method, **arguments):
    return lambda: (getattr(model(), method), arguments)


OP_CLASSES = [getattr(tg.ops, name) for name in tg.ops.__all__]
OPTIMIZERS = [tg.SGD, tg.Momentum, tg.Nesterov, tg.AdamW, tg.AdaGrad, tg.RMSProp, tg.Adam]


def show(thing):
    """Call show and drop its result, which is the same thing with its own repr."""
    tg.exercises.show(thing)


SOUND_CALLS = {
    **{cls.__name__: of_an_op_class(cls) for cls in OP_CLASSES},
    **{cls.__name__: of_an_optimizer(cls) for cls in OPTIMIZERS},
    "layers.initial": lambda: (
        tg.layers.initial,
        {"shape": (3, 2), "fan_in": 3, "fan_out": 2, "rng": np.random.default_rng(0), "init": "he"},
    ),
    "layers.linear": of_a_layer("linear", (None, 4), units=3, rng=0, init="he"),
    "layers.conv2d": of_a_layer("conv2d", (None, 2, 5, 5), channels=3, size=3, stride=1, padding=1),
    "layers.layer_norm": of_a_layer("layer_norm", (None, 4)),
    "layers.batch_norm": of_a_layer("batch_norm", (None, 4), momentum=0.1, eps=1e-5),
    "layers.dropout": of_a_layer("dropout", (None, 4), p=0.5),
    "layers.attention": of_a_layer("attention", (None, 3, 4), heads=2, causal=True, rng=0),
    "layers.transformer_block": of_a_layer(
        "transformer_block", (None, 3, 4), heads=2, causal=True, rng=0, widening=2
    ),
    "gradients": of_gradients,
    "expand": lambda: (tg.expand, {"node": tg.Sigmoid(tg.Parameter([1.0, 2.0]))}),
    "data.addition": lambda: (tg.data.addition, {"n": 3, "digits": 2, "rng": 0}),
    "data.blobs": lambda: (tg.data.blobs, {"n": 6, "classes": 2, "noise": 0.1, "rng": 0}),
    "data.circles": lambda: (tg.data.circles, {"n": 6, "noise": 0.1, "rng": 0}),
    "data.digits": lambda: (tg.data.digits, {}),
    "data.moons": lambda: (tg.data.moons, {"n": 6, "noise": 0.1, "rng": 0}),
    "data.reversal": lambda: (tg.data.reversal, {"n": 3, "length": 4, "symbols": 5, "rng": 0}),
    "data.spiral": lambda: (tg.data.spiral, {"n": 6, "classes": 2, "noise": 0.1, "rng": 0}),
    "plots.accuracy_curve": lambda: (tg.plots.accuracy_curve, {"history": a_history()}),
    "plots.animate": lambda: (
        tg.plots.animate,
        {"model": model(), "x": X, "truth": T, "resolution": 5, "title": "epoch {epoch}"},
    ),
    "Animation.save": lambda: (
        recorded_animation().save,
        {"path": "regions.gif", "frames_per_second": 2},
    ),
    "plots.attention_maps": lambda: (
        tg.plots.attention_maps,
        {"weights": np.full((2, 3, 3), 1 / 3), "tokens": ["a", "b", "c"]},
    ),
    "plots.images": lambda: (
        tg.plots.images,
        {"pixels": PIXELS, "titles": ["a", "b"], "columns": 2},
    ),
    "plots.confusion_matrix": lambda: (
        tg.plots.confusion_matrix,
        {"truth": [0, 1, 1], "prediction": [0, 1, 0], "title": "Confusion"},
    ),
    "plots.worst_mistakes": lambda: (
        tg.plots.worst_mistakes,
        {"pixels": PIXELS, "truth": [0, 1], "outputs": np.eye(2)[::-1], "count": 2},
    ),
    "Op": of_an_op_class(Double),
    "Optimizer": lambda: (tg.Optimizer, {"parameters": model().parameters, "lr": 0.1}),
    "Optimizer.step": lambda: (an_optimizer().step, {}),
    "Optimizer.of": lambda: (an_optimizer().of, {"parameter": tg.Parameter(1.0, name="w")}),
    "Optimizer.state": lambda: (an_optimizer().state, {}),
    "Optimizer.load_state": lambda: (an_optimizer().load_state, {"state": an_optimizer().state()}),
    "Node": lambda: (tg.Node, {"name": "bare"}),
    "Input": lambda: (tg.Input, {"name": "x", "shape": (None, 2)}),
    "Parameter": lambda: (tg.Parameter, {"value": 1.0, "name": "w"}),
    "Constant": lambda: (tg.Constant, {"value": 1.0, "name": "c"}),
    "State": lambda: (tg.State, {"value": 1.0, "name": "s"}),
    "Random": lambda: (tg.Random, {"name": "r", "shape": (None, 2), "draw": drawn}),
    "Switch": lambda: (tg.Switch, {"inputs": [1.0, 2.0], "name": "y"}),
    "scope": lambda: (tg.scope, {"name": "block"}),
    "Rule": lambda: (tg.Rule, {"math": "g", "code": "g"}),
    "Comparison": lambda: (tg.Comparison, {"labels": "t"}),
    "Graph": lambda: (tg.Graph, {"output": model().output}),
    "Graph.forward": of_the_graph("forward", unnamed=[], feeds=FEEDS),
    "Graph.predict": of_the_graph("predict", unnamed=[], feeds={"x": X}),
    "Graph.backward": of_the_graph("backward"),
    "Graph.update_states": of_the_graph("update_states"),
    "Graph.trace": of_the_graph("trace", feeds=FEEDS),
    "Graph.summary": of_the_graph("summary"),
    "History": lambda: (tg.History, {"loss": np.array([0.5])}),
    "History.plot": lambda: (tg.History(np.array([0.5])).plot, {}),
    "Run": lambda: (tg.Run, {"point": {}, "seed": 0, "losses": np.array([0.5])}),
    "Sweep": lambda: (tg.Sweep, {"runs": [a_run()]}),
    "Sweep.where": lambda: (swept().where, {"settings": {"lr": 0.1, "seed": 0}}),
    "Sweep.rows": lambda: (swept().rows, {}),
    "Sweep.summary": lambda: (swept().summary, {}),
    "Sweep.table": lambda: (swept().table, {}),
    "compile": lambda: (tg.compile, {"model": model()}),
    "JavaScriptProgram.save": lambda: (
        tg.compile(model(), target="javascript").save,
        {"path": "network.js"},
    ),
    "Program.report": lambda: (a_program().report, {}),
    "Program.gradients": lambda: (a_program().gradients, {"feeds": FEEDS}),
    "Program.run": lambda: (a_program().run, {"steps": 2, "feeds": FEEDS}),
    "Program.step": lambda: (a_program().step, {"feeds": FEEDS}),
    "data.linear": lambda: (tg.data.linear, {}),
    "data.xor": lambda: (tg.data.xor, {}),
    "lab2.model": lambda: (tg.lab2.model, {}),
    "derive": lambda: (tg.derive, {"model": model(), "node": "layer1/W"}),
    "Derivation.evaluate": lambda: (tg.derive(model(), "layer3/W").evaluate, {}),
    "diagnose": lambda: (tg.diagnose, {"model": model()}),
    "Diagnosis.table": lambda: (tg.diagnose(model()).table, {}),
    "render": lambda: (tg.render, {"model": model()}),
    "Diagram.save": lambda: (tg.render(model()).save, {"path": "picture.dot"}),
    "step_through": of_step_through,
    "Stepper.save": lambda: (a_stepper().save, {"path": "page.html"}),
    "Stepper.show": lambda: (a_stepper().show, {}),
    "playground": of_playground,
    "Playground.save": lambda: (a_playground().save, {"path": "page.html"}),
    "exercises.check": lambda: (tg.exercises.check, {"exercise": "01", "answer": 0.25}),
    "exercises.show": lambda: (show, {"thing": tg.exercises.check("01", 0.25)}),
    "exercises.verdict.judge": lambda: (judge, {"answer": 1, "right": 2.0, "slips": {}}),
    "Diagram.on_scale_of": lambda: (tg.render(model()).on_scale_of, {}),
    "Notation.operand": of_a_node("operand"),
    "Notation.operand_code": of_a_node("operand_code"),
    "Notation.symbol": of_a_node("symbol"),
    "Notation.identifier": of_a_node("identifier"),
    "Notation.gradient_symbol": of_a_node("gradient_symbol"),
    "Notation.gradient_identifier": of_a_node("gradient_identifier"),
    "Notation.value_math": of_an_op("value_math"),
    "Notation.value_code": of_an_op("value_code"),
    "Notation.gradient_math": of_an_op("gradient_math", argument=1),
    "Notation.gradient_code": of_an_op("gradient_code", argument=1),
    "Notation.reason": of_an_op("reason", argument=1),
    "Notation.local_code": of_an_op("local_code", argument=1),
    "fit": of_fit,
    "gradcheck": lambda: (tg.gradcheck, {"model": small(), "feeds": {"x": X[:2]}}),
    "GradcheckReport.raise_if_wrong": lambda: (
        tg.gradcheck(small(), x=X[:2]).raise_if_wrong,
        {},
    ),
    "save": lambda: (tg.save, {"path": "saved.npz", "model": model(), "history": tg.History()}),
    "load": saved,
    "load_parameters": of_load_parameters,
    "sweep": of_sweep,
    "plots.learning_curve": lambda: (tg.plots.learning_curve, {"loss": [0.5, 0.25]}),
    "plots.points": lambda: (tg.plots.points, {"x": X, "labels": T}),
    "plots.truth_and_prediction": lambda: (
        tg.plots.truth_and_prediction,
        {"x": X, "truth": T, "prediction": T},
    ),
    "plots.decision_regions": lambda: (
        tg.plots.decision_regions,
        {"model": model(), "x": X, "truth": T, "resolution": 8},
    ),
    "testing.check_op": lambda: (
        tg.testing.check_op,
        {"op_class": tg.Exp, "arrays": [[0.5]], "hyperparameters": {}},
    ),
    "testing.check_texts": lambda: (
        tg.testing.check_texts,
        {"op": tg.Exp(X), "arrays": [X], "rng": np.random.default_rng(0)},
    ),
}


def small():
    W = tg.Parameter([[0.5], [0.25]], name="W")
    return tg.Graph(tg.Sum(tg.Sigmoid(tg.MatMul(tg.Input("x", (None, 2)), W, name="z"))))
