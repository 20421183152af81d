"""The libraries that entries are promised, at work inside the walls: no network, a read-only root, few system calls."""

import json
from pathlib import Path

import pytest

from sandbox.docker import DockerSandbox
from sandbox.images import PlayerImage
from sandbox.types import Limits, Program, Verdict

pytestmark = pytest.mark.docker
LIMITS = Limits(cpu_seconds=20.0, wall_seconds=40.0, memory_mib=256)

NUMPY = """
import numpy
rng = numpy.random.default_rng(1)
a = rng.normal(size=(200, 200))
inverse = numpy.allclose(a @ numpy.linalg.inv(a), numpy.eye(200))
print(json.dumps([bool(inverse), float(numpy.fft.fft(a).real.sum()) != 0]))
"""
SCIPY = """
from scipy import optimize, sparse, stats
from scipy.sparse.linalg import spsolve
cheapest = optimize.linprog([1, 1], A_ub=[[-1, 0], [0, -1]], b_ub=[-1, -2]).fun
solved = spsolve(sparse.csc_matrix([[2.0, 0], [0, 4]]), [2, 4]).tolist()
print(json.dumps([cheapest, solved, round(stats.norm.cdf(1.96), 3)]))
"""
SKLEARN = """
import numpy
from sklearn.ensemble import RandomForestClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
rng = numpy.random.default_rng(1)
x = rng.normal(size=(400, 6))
y = (x[:, 0] + x[:, 1] > 0).astype(int)
parts = slice(0, 300), slice(300, 400)
scores = [model.fit(x[parts[0]], y[parts[0]]).score(x[parts[1]], y[parts[1]]) for model in (
    RandomForestClassifier(30, random_state=1, n_jobs=2), LogisticRegression(), HistGradientBoostingRegressor())]
print(json.dumps([score > 0.7 for score in scores]))
"""
ONNX = """
import numpy, onnxruntime
def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])
def number(field, value): return varint(field << 3) + varint(value)
def field(number_, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(number_ << 3 | 2) + varint(len(value)) + value
def tensor(name, *shape):
    dims = b"".join(field(1, number(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, number(1, 1) + field(2, dims)))
weights = numpy.array([[1, 2], [3, 4]], dtype="<f4").tobytes()
graph = (field(1, field(1, "X") + field(1, "W") + field(2, "H") + field(4, "MatMul"))
         + field(1, field(1, "H") + field(2, "Y") + field(4, "Softmax")) + field(2, "small")
         + field(5, number(1, 2) + number(1, 2) + number(2, 1) + field(8, "W") + field(9, weights))
         + field(11, tensor("X", 1, 2)) + field(12, tensor("Y", 1, 2)))
model = number(1, 8) + field(7, graph) + field(8, field(1, "") + number(2, 13))
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
(out,) = session.run(None, {"X": numpy.array([[1, 1]], dtype="float32")})
print(json.dumps([round(float(value), 3) for value in out[0]]))
"""


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        (NUMPY, [True, True]),
        (SCIPY, [3.0, [1.0, 1.0], 0.975]),
        (SKLEARN, [True, True, True]),
        (ONNX, [0.119, 0.881]),
    ],
    ids=["numpy", "scipy", "scikit-learn", "onnxruntime"],
)
def test_a_library_computes_inside_the_walls(
    docker_sandbox: DockerSandbox, leaves_nothing: None, tmp_path: Path, source: str, answer: object
) -> None:
    (tmp_path / "program.py").write_text("import json\n" + source)
    result = docker_sandbox.run(Program(tmp_path / "program.py", command=("python3", "program.py")), LIMITS)
    assert result.verdict is Verdict.AC, result.stderr
    assert json.loads(result.stdout) == answer
    assert result.stderr == ""


def test_every_module_comes_compiled_and_says_no_path_of_this_machine(
    docker_sandbox: DockerSandbox, leaves_nothing: None, tmp_path: Path
) -> None:
    """Nothing can be written where an entry runs: what is not compiled beforehand is compiled at every start."""
    source = (
        "import json, pathlib, sklearn, onnxruntime, sandbox.archive\n"
        "import sys\n"
        "modules = [m for m in sys.modules.values() if (getattr(m, '__file__', None) or '').startswith('/opt/')]\n"
        "print(json.dumps([len(modules), [m.__name__ for m in modules if m.__file__.endswith('.py')\n"
        "    and not pathlib.Path(m.__cached__).exists()]]))\n"
        "code = pathlib.Path(sklearn.__cached__).read_bytes()\n"
        "print(b'/opt/packages/sklearn/__init__.py' in code)\n"
    )
    (tmp_path / "program.py").write_text("import sys\nsys.path.append('/opt/podium')\n" + source)
    result = docker_sandbox.run(Program(tmp_path / "program.py", command=("python3", "program.py")), LIMITS)
    assert result.verdict is Verdict.AC, result.stderr
    listed, compiled_for_the_image = result.stdout.splitlines()
    count, missing = json.loads(listed)
    assert count > 300
    assert missing == []
    assert compiled_for_the_image == "True"


def test_the_image_says_what_it_holds_and_that_is_true(
    docker_sandbox: DockerSandbox, player_image: PlayerImage, leaves_nothing: None, tmp_path: Path
) -> None:
    source = (
        "import importlib.metadata, platform\n"
        "held = {d.name.lower().replace('_', '-'): d.version for d in importlib.metadata.distributions()}\n"
        "print(platform.python_version(), *(f'{n} {v}' for n, v in held.items()), sep=';')\n"
    )
    (tmp_path / "program.py").write_text(source)
    result = docker_sandbox.run(Program(tmp_path / "program.py", command=("python3", "program.py")), LIMITS)
    version, *held = result.stdout.strip().split(";")
    base, *said = player_image.contents.split("; ")
    assert base.startswith(f"CPython {version} (")
    assert set(said) == set(held), result.stderr
