"""Checkpoints: what is loaded is what was saved, or it is refused and nothing has changed."""

import io
import json
import os
import sys
import threading
import zipfile
from importlib.util import find_spec
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.checkpoint import sealed
from tinygraph.cli import main
from tinygraph.errors import ArgumentTypeError, CheckpointError, FileError

OPTIMIZERS = [tg.SGD, tg.Momentum, tg.Nesterov, tg.AdaGrad, tg.RMSProp, tg.Adam, tg.AdamW]
ENGINES = ["interpreted", "numpy", *(["numba"] if find_spec("numba") else [])]
X, T = tg.data.xor()


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYGRAPH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def run(optimizer=tg.Adam, rng=0):
    model = tg.lab2.model(rng=rng)
    return model, optimizer(model.parameters, lr=0.1)


def train(model, opt, epochs, **settings):
    return tg.fit(model, opt, x=X, t=T, epochs=epochs, print_interval=0, **settings)


def numbers(model, opt):
    """All that a checkpoint may change."""
    arrays = [p.value.copy() for p in model.parameters]
    arrays += [a.copy() for p in opt.parameters for a in opt.memory[p]]
    return arrays, opt.steps, {name: getattr(opt, name) for name in opt.hyperparameters}


def assert_same(first, second):
    for a, b in zip(first[0], second[0], strict=True):
        np.testing.assert_array_equal(a, b)
    assert first[1:] == second[1:]


def resume(tmp_path, optimizer, engine, then=None, **settings):
    """Train in one go, and in two with a checkpoint between; return both."""
    model, opt = run(optimizer)
    rng = np.random.default_rng(4)
    whole = train(model, opt, 60, engine=engine, rng=rng, **settings)
    half_model, half_opt = run(optimizer)
    rng = np.random.default_rng(4)
    half = train(half_model, half_opt, 25, engine=engine, rng=rng, **settings)
    tg.save(tmp_path / "run.npz", half_model, half_opt, half, rng=rng)
    new_model, new_opt = run(optimizer, rng=9)
    new_rng = np.random.default_rng(7)
    history = tg.load(tmp_path / "run.npz", new_model, new_opt, rng=new_rng)
    assert len(history) == 25
    resumed = train(
        new_model, new_opt, 35, engine=then or engine, history=history, rng=new_rng, **settings
    )
    return (whole, numbers(model, opt)), (resumed, numbers(new_model, new_opt))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("engine", ["interpreted", "numpy"])
def test_resuming_equals_never_having_stopped_to_the_bit(optimizer, engine, tmp_path):
    (whole, end), (resumed, other_end) = resume(tmp_path, optimizer, engine)
    np.testing.assert_array_equal(resumed.loss, whole.loss)
    assert_same(end, other_end)


@pytest.mark.parametrize("optimizer", [tg.Momentum, tg.Adam])
@pytest.mark.parametrize("engine", ENGINES)
def test_so_does_resuming_with_mini_batches(optimizer, engine, tmp_path):
    (whole, end), (resumed, other_end) = resume(tmp_path, optimizer, engine, batch_size=7)
    np.testing.assert_array_equal(resumed.loss, whole.loss)
    assert_same(end, other_end)


@pytest.mark.parametrize(("engine", "then"), list(permutations(ENGINES, 2)))
def test_another_engine_resumes_to_the_last_few_bits(engine, then, tmp_path):
    (whole, end), (resumed, other_end) = resume(tmp_path, tg.Adam, engine, then, batch_size=7)
    np.testing.assert_allclose(resumed.loss, whole.loss, rtol=1e-12)
    for a, b in zip(end[0], other_end[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    assert end[1:] == other_end[1:]
    assert resumed.engine == then


@pytest.mark.parametrize("kind", ["PCG64", "MT19937", "Philox", "SFC64"])
def test_a_random_generator_goes_on_where_it_was(kind, tmp_path):
    model = tg.lab2.model()
    first = np.random.Generator(getattr(np.random, kind)(1))
    first.random(7)
    tg.save(tmp_path / "run.npz", model, rng=first)
    second = np.random.Generator(getattr(np.random, kind)(2))
    tg.load(tmp_path / "run.npz", model, rng=second)
    assert first.random(20).tolist() == second.random(20).tolist()


def test_a_history_comes_back_as_it_was(tmp_path, capsys):
    model, opt = run()
    history = tg.fit(model, opt, x=X, t=T, epochs=30, print_interval=10)
    tg.save(str(tmp_path / "run.npz"), model, opt, history)
    loaded = tg.load(tmp_path / "run.npz", *run())
    np.testing.assert_array_equal(loaded.loss, history.loss)
    assert loaded.records == history.records
    assert (loaded.seconds, loaded.stopped, loaded.engine) == (
        history.seconds,
        history.stopped,
        history.engine,
    )


def test_numpy_opens_the_file_without_pickle(tmp_path):
    model, opt = run()
    tg.save(tmp_path / "run.npz", model, opt)
    with np.load(tmp_path / "run.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(file["parameter/0"], model["layer1/W"].value)


def test_float32_stays_float32(tmp_path):
    def single():
        w = tg.Parameter(np.ones(3, dtype=np.float32), name="w")
        return tg.Graph(tg.Sum(w * w))

    tg.save(tmp_path / "run.npz", single())
    model = single()
    assert tg.load(tmp_path / "run.npz", model) is None
    assert model["w"].value.dtype == np.float32
    double = tg.Graph(tg.Sum(tg.Parameter(np.ones(3), name="w") ** 2.0))
    with pytest.raises(CheckpointError):
        tg.load(tmp_path / "run.npz", double)


def test_loading_the_model_alone(tmp_path):
    model, opt = run()
    train(model, opt, 3)
    tg.save(tmp_path / "run.npz", model, opt)
    other = tg.lab2.model(rng=5)
    assert tg.load(tmp_path / "run.npz", other) is None
    np.testing.assert_array_equal(other["layer3/W"].value, model["layer3/W"].value)


def test_the_loaded_parameters_can_be_trained(tmp_path):
    model, opt = run()
    tg.save(tmp_path / "run.npz", model, opt)
    tg.load(tmp_path / "run.npz", model, opt)
    assert model["layer1/W"].value.flags.writeable
    train(model, opt, 2)


@pytest.fixture
def saved(tmp_path):
    model, opt = run()
    history = train(model, opt, 5)
    path = tmp_path / "run.npz"
    tg.save(path, model, opt, history, rng=np.random.default_rng(1), settings={"seed": 0})
    return path


def assert_refused(path, words=None, error=CheckpointError):
    model, opt = run(rng=3)
    train(model, opt, 2)
    before = numbers(model, opt)
    rng = np.random.default_rng(2)
    with pytest.raises(error, match=words) as caught:
        tg.load(path, model, opt, rng=rng)
    assert_same(numbers(model, opt), before)
    assert rng.bit_generator.state == np.random.default_rng(2).bit_generator.state
    assert path.name in str(caught.value)


def test_a_truncated_file_is_refused_wherever_it_is_cut(tmp_path):
    path = tmp_path / "run.npz"
    w = tg.Parameter([1.5], name="w")
    model = tg.Graph(tg.Sum(w))
    tg.save(path, model)
    content = path.read_bytes()
    w.value = [2.5]
    for end in range(len(content)):
        path.write_bytes(content[:end])
        with pytest.raises(CheckpointError, match=r"is incomplete|damaged"):
            tg.load(path, model)
    assert w.value == [2.5]


def test_every_flipped_bit_is_noticed(saved, rng):
    content = bytearray(saved.read_bytes())
    for position in rng.choice(len(content), size=150, replace=False):
        bit = 1 << int(rng.integers(8))
        content[position] ^= bit
        saved.write_bytes(content)
        assert_refused(saved)
        content[position] ^= bit


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"hello", os.urandom(5000), b"\x80\x04K\x01."]
)
def test_a_foreign_file_is_refused(saved, content):
    saved.write_bytes(content)
    assert_refused(saved, "is not a tinygraph checkpoint")


def test_an_archive_of_numpy_is_foreign(saved):
    np.savez(saved, **{"parameter/0": np.zeros(3)})
    assert_refused(saved, "is not a tinygraph checkpoint")


def test_a_missing_file_and_a_folder(tmp_path):
    assert_refused(tmp_path / "none.npz", "No such file", FileError)
    assert_refused(tmp_path, "is not an ordinary file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert_refused(tmp_path / "pipe", "is not an ordinary file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_ordinary_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for name in ("pipe", "link", "circle", "."):
        with pytest.raises(FileError, match="Cannot write"):
            tg.save(tmp_path / name, *run())
    assert (tmp_path / "pipe").is_fifo()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["circle", "link", "pipe"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_private_file_stays_private(saved):
    saved.chmod(0o600)
    tg.save(saved, *run())
    assert saved.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
def test_a_disk_that_fills_up_half_way_leaves_the_old_file(saved, tmp_path, monkeypatch):
    before = saved.read_bytes()
    opened = Path.open

    def open_full(path, mode="r"):
        if mode != "xb":
            return opened(path, mode)
        path.touch()
        return opened(Path("/dev/full"), "wb")

    monkeypatch.setattr(Path, "open", open_full)
    with pytest.raises(FileError, match="No space left"):
        tg.save(saved, *run(), tg.History(loss=np.zeros(100_000)))
    assert saved.read_bytes() == before
    assert list(tmp_path.iterdir()) == [saved]


def test_writers_and_a_reader_at_once_see_whole_files_alone(tmp_path):
    path = tmp_path / "run.npz"
    tg.save(path, *run())
    failures = []

    def write(seed):
        model, opt = run(rng=seed)
        for _ in range(20):
            tg.save(path, model, opt)

    def read():
        model, opt = run()
        for _ in range(60):
            try:
                tg.load(path, model, opt)
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(3)]
    threads.append(threading.Thread(target=read))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("path", [None, 3, "", b"run.npz", "a\0b", object()])
def test_a_path_is_a_text_or_a_path(path):
    model, opt = run()
    for call in (tg.save, tg.load):
        with pytest.raises(ArgumentTypeError, match="must be a path"):
            call(path, model, opt)


def unseal(path):
    header, arrays = sealed.read(path)
    return header, dict(arrays)


def forge(path, members, compression=zipfile.ZIP_STORED):
    """Write an archive with a sound seal around anything."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
        archive.comment = sealed.MARK + b"0" * sealed.DIGEST_LENGTH
    body = buffer.getvalue()[: -sealed.DIGEST_LENGTH]
    path.write_bytes(body + sealed._digest(body))


def npy(array, **settings):
    buffer = io.BytesIO()
    np.save(buffer, array, **settings)
    return buffer.getvalue()


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


class Trap:
    """An object whose unpickling is seen."""

    sprung = False

    def __reduce__(self):
        return (setattr, (Trap, "sprung", True))


HOSTILE = {
    "compressed": lambda m: (m, zipfile.ZIP_DEFLATED),
    "zip bomb": lambda m: ([*m, ("bomb.npy", npy(np.zeros(10**6)))], zipfile.ZIP_DEFLATED),
    "object array": lambda m: [*m, ("o.npy", npy(np.array([Trap()]), allow_pickle=True))],
    "integers": lambda m: [*m, ("i.npy", npy(np.arange(3)))],
    "two of a name": lambda m: [*m, m[-1]],
    "no header": lambda m: [x for x in m if x[0] != "header.npy"],
    "header no json": lambda m: [*m[1:], ("header.npy", npy(np.frombuffer(b"{", np.uint8)))],
    "header a list": lambda m: [*m[1:], ("header.npy", npy(np.frombuffer(b"[]", np.uint8)))],
    "deep json": lambda m: [
        *m[1:],
        ("header.npy", npy(np.frombuffer(b"[" * 100_000, np.uint8))),
    ],
    "not npy": lambda m: [*m, ("../../evil.npy", b"evil")],
    "huge shape": lambda m: [*m, ("h.npy", npy(np.zeros(3)).replace(b"(3,)", b"(9000000000000,)"))],
    "negative shape": lambda m: [*m, ("h.npy", npy(np.zeros(3)).replace(b"(3,), ", b"(-3,),"))],
    "no members": lambda m: [],
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_hostile_file_is_refused_and_nothing_runs(kind, saved):
    forged = HOSTILE[kind](members_of(saved))
    forge(saved, *(forged if isinstance(forged, tuple) else (forged,)))
    assert_refused(saved)
    assert not Trap.sprung


def test_damage_under_a_sound_seal_is_refused_or_harmless(saved, rng):
    content = bytearray(saved.read_bytes()[: -sealed.DIGEST_LENGTH])
    for position in rng.choice(len(content), size=300, replace=False):
        bit = 1 << int(rng.integers(8))
        content[position] ^= bit
        saved.write_bytes(content + sealed._digest(bytes(content)))
        model, opt = run(rng=3)
        before = numbers(model, opt)
        try:
            tg.load(saved, model, opt)
        except CheckpointError:
            assert_same(numbers(model, opt), before)
        content[position] ^= bit


def test_names_that_leave_the_folder_are_never_written(saved, tmp_path):
    forge(saved, [*members_of(saved), ("../../evil.npy", npy(np.zeros(1)))])
    tg.load(saved, *run())
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]
    assert not (tmp_path.parent.parent / "evil.npy").exists()


def change(path, edit):
    header, arrays = unseal(path)
    edit(header, arrays)
    sealed.write(path, header, arrays)


WRONG = {
    "it is no tinygraph checkpoint": lambda h, a: h.update(kind="something else"),
    "version 99": lambda h, a: h.update(version=99),
    "another network": lambda h, a: h["nodes"][0].__setitem__(1, "Cosine"),
    "of 17 nodes": lambda h, a: h["nodes"].pop(),
    "array parameter/2 is missing": lambda h, a: a.pop("parameter/2"),
    "parameter/0 has the shape": lambda h, a: a.update({"parameter/0": np.zeros((3, 3))}),
    "does not contain an optimizer": lambda h, a: h.update(optimizer=None),
    "is Adam; the state is of": lambda h, a: h["optimizer"].update(kind="SGD"),
    "steps must be a whole number": lambda h, a: h["optimizer"].update(steps=-1),
    "steps must be a whole number ": lambda h, a: h["optimizer"].update(steps=10**400),
    "lr of Adam": lambda h, a: h["optimizer"]["hyperparameters"].update(lr=-1.0),
    "no 'nonsense'": lambda h, a: h["optimizer"]["hyperparameters"].update(nonsense=1.0),
    "memory/0/m is missing": lambda h, a: a.pop("memory/0/m"),
    "memory/0/v has the shape": lambda h, a: a.update({"memory/0/v": np.zeros(7)}),
    "its optimizer trains": lambda h, a: h["optimizer"]["parameters"].reverse(),
    "not the shape of one": lambda h, a: a.update({"history/loss": np.zeros((2, 2))}),
    "impossible things": lambda h, a: h["history"].update(seconds=-3.0),
    "impossible things ": lambda h, a: h["history"].update(stopped=7),
    "does not contain a random generator": lambda h, a: h.update(rng=None),
    "does not contain a random generator ": lambda h, a: h.pop("rng"),
    "kind 'MT19937'": lambda h, a: h["rng"].update(bit_generator="MT19937"),
    "has entries that no ·": lambda h, a: h["rng"].pop("state"),
    "has entries that no ··": lambda h, a: h["rng"]["state"].update(inc=10**400),
    "has entries that no ···": lambda h, a: h["rng"]["state"].update(inc="1"),
    "has entries that no ····": lambda h, a: h.update(rng=[1]),
    "has entries that no": lambda h, a: h.pop("version"),
    "has entries that no ": lambda h, a: h.update(nodes=7),
    "has entries that no  ": lambda h, a: h.update(optimizer=[1, 2]),
    "has entries that no   ": lambda h, a: h["history"].update(seconds="long"),
    "has entries that no    ": lambda h, a: a.update({"history/records": np.full((1, 3), np.nan)}),
}


@pytest.mark.parametrize("words", WRONG)
def test_a_sound_file_that_does_not_fit_is_refused(words, saved):
    change(saved, WRONG[words])
    assert_refused(saved, words.rstrip(" ·"))


def test_another_network_is_named(saved):
    model = tg.lab2.model(activation="tanh", rng=0)
    with pytest.raises(
        CheckpointError, match=r'There a node is Sigmoid "layer1/h".*here it is Tanh'
    ):
        tg.load(saved, model)


class Scaled(tg.Op):
    factor = 2.0
    table = np.ones(3)

    def forward(self, x):
        return self.factor * x

    def backward(self, g, y, x):
        return self.factor * g


def scaled(**hyperparameters):
    return tg.Graph(tg.Sum(Scaled(tg.Parameter(1.0, name="w"), name="s", **hyperparameters)))


def test_a_hyperparameter_of_an_op_must_agree(tmp_path):
    path = tmp_path / "run.npz"
    tg.save(path, scaled())
    tg.load(path, scaled(factor=np.float64(2.0), table=np.zeros(3)))
    with pytest.raises(CheckpointError) as caught:
        tg.load(path, scaled(factor=3.0))
    assert (
        'There a node is Scaled "s" () of w with factor = 2.0; here it is Scaled "s" () of w with '
        "factor = 3.0."
    ) in str(caught.value)


@pytest.mark.parametrize(
    ("factor", "other"), [(np.inf, -np.inf), (np.nan, 1.0), ((1, np.float32(2)), (1, 3))]
)
def test_so_must_one_that_is_not_finite_or_has_parts(factor, other, tmp_path):
    path = tmp_path / "run.npz"
    tg.save(path, scaled(factor=factor))
    tg.load(path, scaled(factor=factor))
    with pytest.raises(CheckpointError, match="of another network"):
        tg.load(path, scaled(factor=other))


def test_a_model_that_was_broken_by_hand_is_to_blame_not_the_file(saved):
    model, opt = run()
    model["layer1/h"].inputs = None
    with pytest.raises(ArgumentTypeError, match='inputs of Sigmoid "layer1/h" are a tuple'):
        tg.load(saved, model, opt)


def test_settings_must_agree(saved):
    assert tg.load(saved, *run(), settings={"seed": 0}) is not None
    for settings in ({"seed": 1}, {"other": 1}):
        with pytest.raises(CheckpointError, match="Use the old setting"):
            tg.load(saved, *run(), settings=settings)
    for settings in (3, {"a": object()}, {1: 2}, {"a": float("nan")}, [("a", 1)]):
        with pytest.raises(ArgumentTypeError, match="settings of a checkpoint"):
            tg.save(saved, *run(), settings=settings)


@pytest.mark.parametrize("position", [0, 1, 2, 3])
def test_arguments_of_the_wrong_type(position, saved):
    arguments = [*run(), None, None]
    arguments[position] = "nonsense"
    *others, rng = arguments
    with pytest.raises(ArgumentTypeError, match="of a checkpoint"):
        tg.save(saved, *others, rng=rng)


def test_a_failing_write_leaves_the_old_file_and_no_litter(saved, tmp_path, monkeypatch):
    before = saved.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match=r"Cannot write .*: No space left"):
        tg.save(saved, *run())
    assert saved.read_bytes() == before
    assert list(tmp_path.iterdir()) == [saved]


def test_a_link_stays_a_link(saved, tmp_path):
    link = tmp_path / "link.npz"
    link.symlink_to(saved)
    tg.save(link, *run())
    assert link.is_symlink()
    assert tg.load(saved, *run()) is None


def test_the_same_run_gives_the_same_bytes(tmp_path):
    for name in "ab":
        tg.save(tmp_path / name, *run())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_header_is_plain_json(saved):
    header, _ = unseal(saved)
    assert json.loads(json.dumps(header)) == header
    assert header["nodes"][0][0] == "x"


def lab2_command(tmp_path, *options):
    file = str(tmp_path / "run.npz")
    out = str(tmp_path / "out")
    fixed = ["lab2", "--data", "xor", "--engine", "interpreted"]
    return main([*fixed, "--out", out, "--checkpoint", file, *options])


def test_the_command_line_saves_and_resumes(tmp_path, capsys):
    assert lab2_command(tmp_path, "--epochs", "40", "--print-interval", "20") == 0
    assert lab2_command(tmp_path, "--epochs", "60", "--print-interval", "20") == 0
    assert "run.npz after 40 epochs" in capsys.readouterr().out
    model = tg.lab2.model(rng=0)
    history = tg.load(tmp_path / "run.npz", model)
    other, opt = run()
    np.testing.assert_array_equal(history.loss, train(other, opt, 60, engine="interpreted").loss)
    assert lab2_command(tmp_path, "--lr", "3") == 2
    assert "lr = 0.1; this run has 3.0" in capsys.readouterr().err


def test_the_command_line_refuses_a_file_it_cannot_write_before_it_trains(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["lab2", "--checkpoint", str(tmp_path)])
    assert caught.value.code == 2
    assert (
        main(["lab2", "--checkpoint", str(tmp_path / "none" / "x.npz"), "--out", str(tmp_path)])
        == 2
    )
    captured = capsys.readouterr()
    assert "epoch " not in captured.out
    assert "Cannot write" in captured.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_nothing_is_lost_when_the_process_is_killed(rng):
    from campaigns.kills import kill_runs

    _, finished = kill_runs(15, rng)
    assert finished >= 1


def test_validation_curves_are_saved(lab2, tmp_path):
    history = tg.History(
        loss=[0.3, 0.2], validation_loss=[np.nan, 0.4], validation_accuracy=[np.nan, 1.0]
    )
    tg.save(tmp_path / "run.npz", lab2, history=history)
    again = tg.load(tmp_path / "run.npz", tg.lab2.model(rng=1))
    for name in ("loss", "validation_loss", "validation_accuracy"):
        np.testing.assert_array_equal(getattr(again, name), getattr(history, name))
