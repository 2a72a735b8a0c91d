"""RFMState: parts equal the whole, and the file refuses what it did not write."""

import copy
import json
import os
import pickle
import struct
import threading

import numpy as np
import pandas as pd
import pytest

import segpy as sp
from segpy import _core
from segpy.customer import rfmfile


def random_lines(n: int = 3000, seed: int = 0, texts: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    customer, order = rng.integers(0, 80, n), rng.integers(0, 900, n)
    start = np.datetime64("2011-01-01", "us")
    tx = pd.DataFrame(
        {
            "customer": pd.array(customer, dtype="Int64"),
            "order": order,
            "date": start + rng.integers(0, 400 * 86_400, n).astype("m8[s]"),
            "amount": rng.normal(scale=1e6, size=n),
        }
    )
    tx.loc[rng.random(n) < 0.1, "customer"] = pd.NA
    if texts:
        tx["customer"] = tx["customer"].astype("string").astype(object)
        tx["order"] = "order number " + tx["order"].astype(str)
    return tx


def same(a: pd.DataFrame, b: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(a, b, check_exact=True)
    assert a.attrs == b.attrs


@pytest.mark.parametrize("texts", [False, True])
@pytest.mark.parametrize("parts", [1, 2, 7, 60])
def test_parts_equal_the_whole(parts, texts):
    tx = random_lines(texts=texts)
    place = np.random.default_rng(1).integers(0, parts, len(tx))
    state = sp.RFMState()
    for part in range(parts):
        assert state.add(tx[place == part]) is state
    same(state.finish(), sp.rfm(tx))
    same(
        state.finish("2012-12-31", recency="elapsed"),
        sp.rfm(tx, snapshot="2012-12-31", recency="elapsed"),
    )


def test_merge_equals_add_and_leaves_the_other_alone():
    tx = random_lines()
    left, right = sp.RFMState().add(tx[:1000]), sp.RFMState().add(tx[1000:])
    before = right.finish()
    assert left.merge(right) is left
    same(left.finish(), sp.rfm(tx))
    same(right.finish(), before)


def test_orders_shared_by_customers_survive_merge_and_file(tmp_path):
    tx = random_lines()
    tx["order"] = tx["order"] % 5
    state = sp.RFMState().add(tx[::2]).add(tx[1::2])
    same(state.finish(), sp.rfm(tx))
    state.save(tmp_path / "s.rfm")
    loaded = sp.RFMState.load(tmp_path / "s.rfm")
    same(loaded.finish(), sp.rfm(tx))
    assert loaded.add(tx).finish()["frequency"].equals(sp.rfm(tx)["frequency"])


def test_numbers_in_one_part_and_texts_in_another_meet_as_texts():
    tx = random_lines()
    tx["customer"] = tx["customer"].fillna(3)
    parts = [tx[:1500], tx.assign(customer=tx["customer"].astype(str))[1500:]]
    state = sp.RFMState().add(parts[0]).add(parts[1])
    together = pd.concat([p.astype({"customer": object}) for p in parts])
    same(state.finish(), sp.rfm(together))


def test_numbers_and_dates_do_not_meet():
    tx = random_lines()
    dated = tx.assign(order=tx["date"])
    with pytest.raises(TypeError, match="RFMState: ids of all parts must be of one kind"):
        sp.RFMState().add(tx).add(dated).finish()


@pytest.mark.parametrize("call", [lambda s, tx: s.add(tx), lambda s, tx: s.finish()])
def test_an_interrupted_join_loses_nothing(monkeypatch, call):
    from segpy.customer.rfmpart import Part

    tx = random_lines()
    state = sp.RFMState().add(tx[:2000]).add(tx[2000:2500])
    joined = Part.joined

    def interrupted(self, other):
        raise KeyboardInterrupt

    monkeypatch.setattr(Part, "joined", interrupted)
    state._parts = [Part.empty(pd.Index([1]), pd.Index([1])), *state._parts]
    before = list(state._parts)
    with pytest.raises(KeyboardInterrupt):
        call(state, tx[2500:])
    assert state._parts == before
    monkeypatch.setattr(Part, "joined", joined)
    state._parts = before[1:]
    same(state.add(tx[2500:]).finish(), sp.rfm(tx))


def test_coarse_and_fine_dates_meet_in_the_fine_unit():
    tx = random_lines()
    coarse = tx.assign(date=tx["date"].astype("M8[s]"))
    found = sp.RFMState().add(coarse[:1500]).add(tx[1500:]).finish()
    same(found, sp.rfm(tx))


@pytest.mark.parametrize("texts", [False, True])
def test_saved_pickled_and_copied_states_go_on(tmp_path, texts):
    tx = random_lines(texts=texts)
    state = sp.RFMState().add(tx[:2000])
    path = tmp_path / "state.rfm"
    state.save(path)
    for other in (sp.RFMState.load(path), pickle.loads(pickle.dumps(state)), copy.deepcopy(state)):
        same(other.add(tx[2000:]).finish(), sp.rfm(tx))
    assert os.listdir(tmp_path) == ["state.rfm"]


def test_an_empty_state(tmp_path):
    empty = sp.RFMState()
    empty.add(random_lines()[:0])
    empty.save(tmp_path / "empty")
    tx = random_lines()
    same(sp.RFMState.load(tmp_path / "empty").merge(empty).add(tx).finish(), sp.rfm(tx))
    assert repr(empty) == "RFMState(empty)"
    with pytest.raises(
        ValueError, match=r"RFMState\.finish: .* at least one customer; got none yet"
    ):
        empty.finish()


def test_anonymous_lines_alone():
    tx = random_lines().assign(customer=pd.array([pd.NA] * 3000, dtype="Int64"))
    with pytest.raises(ValueError, match="got none with a customer"):
        sp.RFMState().add(tx).finish()


def test_a_failed_add_leaves_the_state_as_it_was():
    tx = random_lines()
    state = sp.RFMState().add(tx)
    with pytest.raises(ValueError, match=r"RFMState\.add: column 'amount' must be finite"):
        state.add(tx.assign(amount=np.inf))
    same(state.finish(), sp.rfm(tx))


def test_wrong_arguments():
    state = sp.RFMState()
    with pytest.raises(TypeError, match=r"RFMState\.merge: 'other' must be an RFMState"):
        state.merge(3)
    with pytest.raises(ValueError, match="another state; got this state itself"):
        state.merge(state)
    tx = random_lines()
    with pytest.raises(ValueError, match=r"RFMState\.finish: 'snapshot' must be on or after"):
        state.add(tx).finish("2011-01-02")
    with pytest.raises(ValueError, match=r"in the years 1678 to 2261; got .* in row \d"):
        state.add(tx.assign(date=np.datetime64("1500-01-01", "s")))


def test_every_changed_byte_is_noticed(tmp_path):
    data = bytearray(rfmfile.to_bytes(sp.RFMState().add(random_lines(40))._whole()))
    for at in range(0, len(data), 7):
        data[at] ^= 0x10
        with pytest.raises(ValueError, match="the file must be"):
            rfmfile.from_bytes(bytes(data), "test")
        data[at] ^= 0x10
    for cut in (0, 7, 20, len(data) - 1):
        with pytest.raises(ValueError, match="the file must be"):
            rfmfile.from_bytes(bytes(data[:cut]), "test")


def resealed(change) -> bytes:
    """Change the header of a good file and give it a good checksum."""
    import hashlib

    data = rfmfile.to_bytes(sp.RFMState().add(random_lines(40))._whole())
    magic, version, length = struct.unpack_from("<8sII", data)
    header = json.loads(data[16 : 16 + length])
    body = bytearray(data[16 + length : -32])
    change(header, body)
    text = json.dumps(header).encode()
    whole = struct.pack("<8sII", magic, header.pop("version", version), len(text)) + text + body
    return whole + hashlib.sha256(whole).digest()


@pytest.mark.parametrize(
    "change",
    [
        lambda h, b: h.pop("unit"),
        lambda h, b: h["sections"].pop(),
        lambda h, b: h["sections"].append(["more", "<i8", 10**6]),
        lambda h, b: b.__setitem__(slice(0, 8), b"\x7e" * 8),  # a first order after the last
        lambda h, b: b.clear(),
        lambda h, b: b.extend(b"more"),
        lambda h, b: h.update(anonymous=-5),
        lambda h, b: h.update(unit="h"),
        lambda h, b: h.update(latest=0),
        lambda h, b: h["customers"].update(kind="text", dtype="str"),
        lambda h, b: b.__setitem__(slice(-16, -8), b[-8:]),  # an order twice
    ],
)
def test_a_sealed_file_whose_parts_do_not_fit_is_refused(change):
    with pytest.raises(ValueError, match="the file must be whole; got one whose parts do not fit"):
        rfmfile.from_bytes(resealed(change), "test")


def test_a_newer_version_is_named():
    with pytest.raises(ValueError, match=r"of version 1; got version 2\. Update segpy"):
        rfmfile.from_bytes(resealed(lambda h, b: h.update(version=2)), "test")


def test_one_state_from_many_threads():
    tx = random_lines(8000)
    state = sp.RFMState()
    threads = [threading.Thread(target=state.add, args=(tx[i::8],)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(state.finish(), sp.rfm(tx))


def test_two_states_merged_both_ways_at_once_do_not_wait_for_each_other():
    a, b = _core.RFMState(10, 10), _core.RFMState(10, 10)
    same_codes = np.arange(10, dtype=np.int32)

    def merge(to, other):
        for _ in range(2000):
            to.merge(other, same_codes, same_codes)

    threads = [threading.Thread(target=merge, args=pair) for pair in ((a, b), (b, a))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()


def test_save_to_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"RFMState\.save: 'path' must be a file in a folder"
    ):
        sp.RFMState().save(tmp_path / "no" / "state")
    with pytest.raises(FileNotFoundError, match=r"RFMState\.load: 'path' must be a file to read"):
        sp.RFMState.load(tmp_path / "none")
    with pytest.raises(IsADirectoryError, match=r"RFMState\.load: 'path' must be a file to read"):
        sp.RFMState.load(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_saved_file_may_be_read_by_others(tmp_path):
    before = os.umask(0o022)
    try:
        sp.RFMState().save(tmp_path / "state")
    finally:
        os.umask(before)
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o644
