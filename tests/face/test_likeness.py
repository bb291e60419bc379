"""Likeness: rates fall with the cosine, groups are people, names go to the best match."""

from itertools import pairwise

import numpy as np
import pytest

from nodes.face._likeness import THRESHOLDS, clusters, false_accept_rate
from nodes.face._picking import at_point, named, ordered
from nodes.face.compare_faces import compare_faces
from nodes.face.enroll_face import enroll_face
from nodes.face.pick_face import pick_face
from nodes.sdk import Context, NodeError
from nodes.sdk.values import Embedding, Face, Faces


def unit(seed, near=None, share=0.0):
    vector = np.random.default_rng(seed).normal(size=128)
    vector /= np.linalg.norm(vector)
    if near is not None:
        vector = share * near + np.sqrt(1 - share**2) * (vector - (vector @ near) * near)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def face(x, size, identity=-1, name="", score=0.9):
    box = np.array([x, 10, x + size, 10 + size], np.float32)
    return Face(box, np.zeros((0, 3), np.float32), np.full((5, 2), x, np.float32), score,
                identity=identity, name=name)  # fmt: skip


def embedding(vector, name="", model="face_embedder"):
    return Embedding(vector, model, name)


def test_false_accepts_fall_with_likeness_and_meet_the_thresholds():
    rates = [false_accept_rate(c) for c in np.linspace(-1, 1, 60)]
    assert all(a >= b for a, b in pairwise(rates))
    for words, cosine in THRESHOLDS.items():
        assert false_accept_rate(cosine) == pytest.approx(
            1 / int(words.split()[-1].replace(",", "")), rel=0.01
        )


def test_comparing_the_same_and_others():
    person = unit(1)
    same = compare_faces(embedding(person, "Ada"), embedding(unit(2, person, 0.8)))
    other = compare_faces(embedding(person), embedding(unit(3)))
    assert same.same == 1.0 and "Ada" in same.verdict and same.likeness == pytest.approx(0.8, abs=0.02)
    assert other.same == 0.0


def test_embeddings_of_different_networks_do_not_compare():
    with pytest.raises(NodeError, match="different networks"):
        compare_faces(embedding(unit(1)), embedding(unit(1), model="mine"))


def test_clusters_are_people_the_largest_first():
    people = [unit(seed) for seed in (1, 2, 3)]
    owners = [2, 0, 0, 1, 0, 1, 0]
    vectors = np.stack([unit(50 + i, people[p], 0.85) for i, p in enumerate(owners)])
    groups = clusters(vectors, 0.4)
    assert groups.tolist() == [2, 0, 0, 1, 0, 1, 0]
    assert clusters(vectors[:0], 0.4).tolist() == [] and clusters(vectors[:1], 0.4).tolist() == [0]


def test_enrolling_averages_and_is_private():
    person = unit(1)
    enrolled = enroll_face([embedding(unit(s, person, 0.8)) for s in (5, 6, 7)], name=" Ada ")
    assert enrolled.name == "Ada" and enrolled.private
    assert float(enrolled.vector @ person) > 0.9


def test_enrolling_refuses_strangers_no_name_and_nothing():
    person = unit(1)
    mixed = [embedding(unit(s, person, 0.9)) for s in (5, 6, 7)] + [embedding(unit(99))]
    with pytest.raises(NodeError, match="picture 4 of 4"):
        enroll_face(mixed, name="Ada")
    with pytest.raises(NodeError, match="no name"):
        enroll_face(mixed[:1], name=" ")
    with pytest.raises(NodeError, match="no identity"):
        enroll_face([], name="Ada")


def test_each_person_names_one_face_the_most_alike():
    person = unit(1)
    vectors = np.stack([unit(5, person, 0.6), unit(6, person, 0.9), unit(7)])
    faces = [face(0, 50), face(100, 50), face(200, 50)]
    result = named(faces, vectors, [embedding(person, "Ada")], 0.5)
    assert [entry.name for entry in result] == ["", "Ada", ""]


def test_picking_by_place_order_number_and_name():
    faces = [face(0, 40, 3, "Ada", 0.7), face(100, 90, 8, "Bob"), face(120, 20, 5)]
    every = Faces(tuple(faces), 400, 200)
    context = Context()
    assert at_point(faces, 125, 20) is faces[2], "the smaller of two boxes"
    assert at_point(faces, 45, 30) is faces[0], "the nearest when none is hit"
    assert [f.identity for f in ordered(faces, "size")] == [8, 3, 5]
    pick = lambda **how: [f.identity for f in pick_face(every, context=context, **how)]  # noqa: E731
    assert pick() == [8]
    assert pick(order="left to right", index=1) == [5]
    assert pick(by="number", number=5) == [5]
    assert pick(by="name", name="ada") == [3]
    assert pick(by="point", x=0.05, y=0.15) == [3]
    assert pick(index=9) == [] and pick(by="number", number=77) == []
    with pytest.raises(NodeError, match="needs the picture"):
        pick(by="person")
