"""Cores as slots: no more runs at once than there are, whoever runs them, and a dead process holds none."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from judge.cores import Cores
from judge.referee import Stopping

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def stop():
    return threading.Event()


def test_no_more_run_at_once_than_there_are_cores(tmp_path, stop):
    cores, lock, now, most = [Cores(tmp_path, 2, stop=stop) for _ in range(2)], threading.Lock(), set(), []

    def run(number: int) -> None:
        for _ in range(3):
            with cores[number % 2].one() as slot:
                with lock:
                    assert slot not in now
                    now.add(slot)
                    most.append(len(now))
                time.sleep(0.005)
                with lock:
                    now.remove(slot)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 18
    assert max(most) == 2


def test_a_slot_is_given_back_whatever_happens(tmp_path, stop):
    cores = Cores(tmp_path, 1, stop=stop)
    for _ in range(3):
        with pytest.raises(RuntimeError), cores.one():
            raise RuntimeError
    before = len(list(Path("/proc/self/fd").iterdir()))
    with cores.one() as slot:
        assert slot == 0
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_who_waits_stops_when_told_to(tmp_path, stop):
    cores = Cores(tmp_path, 1, stop=stop)
    with cores.one():
        threading.Timer(0.05, stop.set).start()
        with pytest.raises(Stopping), cores.one():
            raise AssertionError("a second slot of one")


def test_the_slot_of_a_dead_process_is_free(tmp_path, stop):
    program = (
        "import sys, threading, time; from pathlib import Path; from judge.cores import Cores\n"
        "with Cores(Path(sys.argv[1]), 1, stop=threading.Event()).one():\n"
        "    print('mine', flush=True); time.sleep(600)"
    )
    other = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    assert other.stdout.readline() == b"mine\n"
    cores = Cores(tmp_path, 1, stop=stop)
    taken = threading.Event()

    def take() -> None:
        with cores.one():
            taken.set()

    waiting = threading.Thread(target=take)
    waiting.start()
    assert not taken.wait(0.1)
    other.kill()
    other.wait()
    other.stdout.close()
    assert taken.wait(5)
    waiting.join()


def test_several_are_taken_without_a_deadlock_and_none_is_taken_twice(tmp_path, stop):
    """Everybody wants two of three, others want one: all get through."""
    cores, lock, now, done = Cores(tmp_path, 3, stop=stop), threading.Lock(), set(), []

    def run(count: int) -> None:
        for _ in range(4):
            with cores.several(count) as slots:
                with lock:
                    assert not now & set(slots)
                    now.update(slots)
                time.sleep(0.003)
                with lock:
                    now.difference_update(slots)
                    done.append(len(slots))

    threads = [threading.Thread(target=run, args=(count,)) for count in (2, 2, 2, 1, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == [1] * 8 + [2] * 12


def test_where_there_are_not_enough_in_all_one_is_taken(tmp_path, stop):
    cores = Cores(tmp_path, 1, stop=stop)
    with cores.several(2) as slots:
        assert slots == [0]
    with cores.one() as slot:
        assert slot == 0


def test_who_waits_for_several_holds_nothing_once_he_is_told_to_stop(tmp_path, stop):
    cores = Cores(tmp_path, 2, stop=stop)
    with cores.one():
        threading.Timer(0.1, stop.set).start()
        with pytest.raises(Stopping), cores.several(2):
            raise AssertionError
    stop.clear()
    with cores.several(2) as slots:
        assert sorted(slots) == [0, 1]
