"""What every long call promises: Ctrl-C, a bar, other threads, fork, levels."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest

import segpy as sp
from segpy import _core

N = 20_000_000


@pytest.fixture(scope="module")
def long_columns():
    """Give columns whose RFM takes the better part of a second: no code is near the one before."""
    rng = np.random.default_rng(0)
    order = rng.integers(0, 10_000_000, N, dtype=np.int32)
    return (
        order // 5,
        order,
        np.zeros(N, np.int64),
        np.ones(N),
    )


def add(columns, threads: int, progress=None) -> None:
    state = _core.RFMState(2_000_000, 10_000_000)
    state.add(*columns, -1, 1, threads, "", progress)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no os.kill(SIGINT) to a process")
@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_is_felt_within_a_fifth_of_a_second(long_columns, threads):
    start = time.monotonic()
    add(long_columns, threads)
    whole = time.monotonic() - start
    sent = []

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(min(0.1, whole / 4), interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        add(long_columns, threads)
    late = time.monotonic() - sent[0]
    timer.join()
    assert late < 0.2


def test_the_bar_moves_from_the_callers_thread(long_columns):
    seen = []
    add(long_columns, 2, lambda done: seen.append((done, threading.get_ident())))
    shares = [done for done, _ in seen]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    assert {ident for _, ident in seen} == {threading.get_ident()}


def test_an_error_in_the_bar_ends_the_call(long_columns):
    def fail(done):
        raise RuntimeError("the bar broke")

    with pytest.raises(RuntimeError, match="the bar broke"):
        add(long_columns, 2, fail)


@pytest.fixture(params=["RFMState", "Moments"])
def held(request, long_columns):
    """Give a long call of a state that shows a bar, and a short one of the same state."""
    if request.param == "RFMState":
        state = _core.RFMState(2_000_000, 10_000_000)
        return lambda bar: state.add(*long_columns, -1, 1, 1, "", bar), state.read
    state = _core.Moments(30)
    rows = np.broadcast_to(np.arange(30.0), (2_000_000, 30))
    return lambda bar: state.add(rows, 1, "", bar), state.read


def test_the_bar_cannot_use_the_state_it_interrupts(held):
    add, read = held
    with pytest.raises(RuntimeError, match="cannot use the state whose call it interrupts"):
        add(lambda done: read())
    with pytest.raises(RuntimeError, match="an earlier call failed half way"):
        read()
    with pytest.raises(RuntimeError, match="an earlier call failed half way"):
        add(None)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal.setitimer")
def test_ctrl_c_ends_the_wait_for_a_state_in_use(held):
    add, read = held
    busy = threading.Event()
    done = threading.Event()

    def hold(share):
        busy.set()
        done.wait(20)

    thread = threading.Thread(target=add, args=(hold,), daemon=True)
    thread.start()
    assert busy.wait(20)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(KeyboardInterrupt):
            read()
    finally:
        signal.signal(signal.SIGALRM, before)
        done.set()
        thread.join()
    assert len(read()) == 4  # the state is whole: only the wait was given up


def small(n: int = 700_000) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "customer": rng.integers(0, 9_000, n),
            "order": rng.integers(0, n // 3, n),
            "date": np.datetime64("2011-01-01", "s") + rng.integers(0, 10**7, n).astype("m8[s]"),
            "amount": rng.normal(size=n),
        }
    )


def test_many_python_threads_at_once():
    tx = small()
    expected = sp.rfm(tx)
    found = [None] * 6

    def work(i):
        found[i] = sp.rfm(tx, n_jobs=1 + i % 3)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(table.equals(expected) for table in found)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_computes_the_same():
    tx = small()
    expected = sp.rfm(tx, n_jobs=2)
    child = os.fork()
    if child == 0:
        same = False
        try:
            same = sp.rfm(tx, n_jobs=2).equals(expected)
        finally:
            os._exit(0 if same else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def python(code: str, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


# A thread writes rubbish into what a call reads while the call runs. An answer may be wrong or
# refused; memory that is not the call's is never touched. In a process of its own: it may die.
MUTATES = """
import threading
import numpy as np
from segpy import _core

n = 300_000
good, rubbish = np.arange(n, dtype=np.int32), np.full(n, 2**31 - 1, np.int32)
codes, stop = good.copy(), False


def write():
    while not stop:
        codes[n // 2 :] = rubbish[n // 2 :]
        codes[n // 2 :] = good[n // 2 :]


thread = threading.Thread(target=write)
thread.start()
few, zeros, ones = np.arange(10, dtype=np.int32), np.zeros(n, np.int64), np.ones(n)
refused = 0
for _ in range(40):
    a, b = _core.RFMState(n, n), _core.RFMState(n, n)
    try:
        {call}
    except ValueError:
        refused += 1
stop = True
thread.join()
print("survived", refused)
"""
MUTATED = {
    "merge": "b.add(good, good, zeros, ones, 0, 1, 1, '', None); a.merge(b, codes, codes)",
    "add": "a.add(codes, codes, zeros, ones, 0, 1, 2, '', None)",
    "fill": "a.fill(zeros, zeros, np.zeros(2 * n, np.int64), codes, codes)",
    "totals": "_core.totals(codes, ones, n)",
    "match": "_core.match_returns(codes, codes, zeros, ones, codes > 5, n, n)",
    "encode": "c, ids = _core.encode_ints(codes.view(np.int64)); assert c.max() < len(ids)",
}


@pytest.mark.parametrize("name", MUTATED)
def test_a_caller_who_writes_meanwhile_hurts_no_memory(name):
    done = python(MUTATES.replace("{call}", MUTATED[name]))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("survived")


@pytest.mark.parametrize("level", _core.levels())
def test_segpy_level_lowers_the_level(level):
    done = python("from segpy import _core; print(_core.level())", SEGPY_LEVEL=level)
    assert done.stdout.strip() == level


def test_a_level_that_is_not_there_is_an_error():
    done = python("from segpy import _core", SEGPY_LEVEL="v9")
    assert done.returncode == 1
    assert "SEGPY_LEVEL must be a level this processor and build have" in done.stderr
    assert "got 'v9'" in done.stderr


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"SEGPY_NUM_THREADS": "1"}, 1),
        ({"SEGPY_NUM_THREADS": "", "OMP_NUM_THREADS": "1"}, 1),
        ({"SEGPY_NUM_THREADS": "many", "OMP_NUM_THREADS": ""}, None),
    ],
)
def test_threads_are_capped_by_the_environment(env, expected):
    done = python("from segpy import _checks; print(_checks.cores())", **env)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert int(done.stdout) == (expected or cores)


def test_no_memory_is_a_memory_error_and_nothing_is_lost():
    tx = small(1000)
    with pytest.raises((MemoryError, ValueError)):
        _core.RFMState(2**31, 2**31)
    if sys.platform == "linux":
        code = (
            "import resource, numpy as np\n"
            "from segpy import _core\n"
            "_core.RFMState(10, 10)\n"
            "resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))\n"
            "try:\n"
            "    _core.RFMState(2**31 - 1, 2**31 - 1)\n"
            "except MemoryError:\n"
            "    print('no memory')\n"
        )
        assert python(code).stdout.strip() == "no memory"
    assert len(sp.rfm(tx)) > 0
