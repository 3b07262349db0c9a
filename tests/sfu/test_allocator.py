"""Who gets which layer within a cap: the phases one by one, measured costs, and what keeps decisions from flapping."""

from __future__ import annotations

from random import Random

import pytest

from sfu.allocator import (
    FADE,
    HOLD,
    LEFT_OUT,
    SCREEN_MOST,
    SHARE,
    STAGE_MOST,
    VOICES,
    Allocation,
    Place,
    Supply,
    Want,
)

CAMERA, SCREEN = (55, 130, 310), (260, 700)


def supply(*rates: int, purpose: str = "camera") -> Supply:
    """A source whose layers have these rates."""
    made = Supply(purpose, len(rates))
    made.measure(0.0, rates)
    return made


def want(slot: str, source: int, *rates: int) -> Want:
    place: Place = "tile" if slot.startswith("tile") else "screen" if slot == "screen" else "stage"
    return Want(slot, place, source, supply(*(rates or CAMERA)))


def tiles(count: int, *rates: int) -> list[Want]:
    return [want(f"tile-{number}", 100 + number, *rates) for number in range(1, count + 1)]


def decide(wants: list[Want], cap: float = 1000, *, grid: bool = False) -> dict[str, int]:
    return Allocation(cap).decide(0.0, wants, grid=grid)


def test_a_stage_and_eight_tiles_fit_the_usual_cap() -> None:
    layers = decide([want("stage", 1), *tiles(8)])
    assert layers == {"stage": 2} | {f"tile-{number}": 0 for number in range(1, 9)}


def test_tiles_get_up_to_a_hundred_beside_a_stage() -> None:
    assert decide([want("stage", 1), *tiles(2, 40, 95, 300)]) == {"stage": 2, "tile-1": 1, "tile-2": 1}


def test_beside_a_screen_tiles_are_small_and_the_screen_comes_first() -> None:
    layers = decide([want("stage", 1), want("screen", 2, 260, 550), *tiles(4, 55, 95, 310)])
    assert layers == {"stage": 1, "screen": 1, "tile-1": 0, "tile-2": 0, "tile-3": 0, "tile-4": LEFT_OUT}
    heavy = decide([want("stage", 1), want("screen", 2, *SCREEN), *tiles(4)])
    assert heavy == {"stage": 1, "screen": 1} | {f"tile-{number}": LEFT_OUT for number in range(1, 5)}


def test_no_picture_gets_more_than_its_phase_allows() -> None:
    assert decide([want("stage", 1, 55, 130, 510)], 5000) == {"stage": 1}
    assert decide([want("screen", 1, 300, 760)], 5000) == {"screen": 0}
    assert decide(tiles(1, 55, 130, 510), 5000, grid=True) == {"tile-1": 1}


def test_in_a_grid_tiles_share_what_there_is() -> None:
    assert decide(tiles(1), grid=True) == {"tile-1": 2}
    assert decide(tiles(2), grid=True) == {"tile-1": 2, "tile-2": 2}
    assert set(decide(tiles(5), grid=True).values()) == {1}
    assert set(decide(tiles(8), grid=True).values()) == {0}
    assert decide(tiles(2)) == {"tile-1": 0, "tile-2": 0}, "those on stage see a page like all others"


def test_something_is_always_shown_and_the_rest_is_left_out() -> None:
    assert decide([want("stage", 1), want("screen", 2, *SCREEN), *tiles(1)], 200) == {
        "stage": 0,
        "screen": 0,
        "tile-1": LEFT_OUT,
    }
    assert decide(tiles(2, 2500)) == {"tile-1": 0, "tile-2": LEFT_OUT}
    assert decide([]) == {}


def test_who_sends_one_layer_is_shown_as_it_is_where_it_fits() -> None:
    assert decide([want("stage", 1, 800), *tiles(2, 40)]) == {"stage": 0, "tile-1": 0, "tile-2": 0}
    unknown = [Want(f"tile-{n}", "tile", n, Supply("camera", 1)) for n in range(1, 9)]
    stage = Want("stage", "stage", 9, Supply("camera", 1))
    assert set(decide([stage, *unknown]).values()) == {0}, "nobody is left out before it was measured"


@pytest.mark.parametrize(
    ("purpose", "layers"), [("camera", 1), ("camera", 2), ("camera", 3), ("screen", 1), ("screen", 3)]
)
def test_what_was_never_measured_has_a_nominal_cost_that_rises_with_the_layer(purpose: str, layers: int) -> None:
    made = Supply(purpose, layers)
    costs = [made.cost(5.0, layer) for layer in range(made.layers)]
    assert len(costs) == layers and costs == sorted(costs) and costs[0] > 0
    made.measure(6.0, (1,) * layers)
    assert [made.cost(7.0, layer) for layer in range(layers)] == costs, "flows, but is not measured yet"


def test_costs_fall_slowly_from_their_peaks_and_rise_at_once() -> None:
    made = supply(400, purpose="screen")
    made.measure(10.0, (100,))
    assert made.cost(10.0, 0) == 400
    assert made.cost(10.0 + FADE, 0) == pytest.approx(250)
    made.measure(10.0 + FADE, (120,))
    assert made.cost(10.0 + FADE, 0) == pytest.approx(250), "the peak is remembered over new measurements"
    made.measure(11.0 + FADE, (500,))
    assert made.cost(11.0 + FADE, 0) == 500
    made.measure(12.0 + FADE, (0,))
    made.measure(99.0, (0,))
    assert made.cost(99.0, 0) == 500, "what stalled costs what it did"
    made.measure(100.0, (90,))
    assert made.cost(100.0, 0) == 90


def test_down_goes_at_once_and_up_only_after_a_while_with_a_reserve() -> None:
    allocation = Allocation(VOICES + 300)
    stage = want("stage", 1)
    assert allocation.decide(0.0, [stage], grid=False) == {"stage": 1}
    assert allocation.retry == HOLD, "the large one may become cheaper"
    cheap = Want("stage", "stage", 1, supply(55, 130, 250))
    assert allocation.decide(1.0, [cheap], grid=False) == {"stage": 2}
    assert allocation.retry is None
    assert allocation.decide(2.0, [stage], grid=False) == {"stage": 1}
    assert allocation.decide(2.0 + HOLD / 2, [cheap], grid=False) == {"stage": 1}
    assert allocation.retry == 2.0 + HOLD
    assert allocation.decide(2.0 + HOLD, [cheap], grid=False) == {"stage": 2}
    assert allocation.decide(9.0, [stage], grid=False) == {"stage": 1}
    tight = Want("stage", "stage", 1, supply(55, 130, 290))
    assert allocation.decide(20.0, [tight], grid=False) == {"stage": 1}, "it fits, but without reserve"
    fresh = Want("stage", "stage", 2, supply(55, 130, 290))
    assert allocation.decide(20.0, [fresh], grid=False) == {"stage": 2}, "nothing of the one before holds"


def test_a_tile_that_was_left_out_comes_back_likewise() -> None:
    allocation = Allocation(VOICES + 200)
    pair = tiles(2, 90)
    assert set(allocation.decide(0.0, pair, grid=False).values()) == {0}
    dear = [pair[0], Want("tile-2", "tile", 102, supply(130))]
    assert allocation.decide(1.0, dear, grid=False)["tile-2"] == LEFT_OUT
    assert allocation.decide(2.0, pair, grid=False)["tile-2"] == LEFT_OUT
    assert allocation.decide(1.0 + HOLD, pair, grid=False)["tile-2"] == 0


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_wanted_the_cap_holds_but_for_what_is_always_shown(seed: int) -> None:
    random = Random(seed)
    allocation = Allocation(1000)
    for step in range(30):
        wants = []
        if random.random() < 0.6:
            wants.append(want("stage", 1, *sorted(random.randint(20, 700) for _ in range(random.randint(1, 3)))))
        if random.random() < 0.4:
            wants.append(want("screen", 2, *sorted(random.randint(50, 900) for _ in range(random.randint(1, 2)))))
        for number in range(1, random.randint(0, 8) + 1):
            rates = sorted(random.randint(20, 400) for _ in range(random.randint(1, 3)))
            wants.append(want(f"tile-{number}", 100 + number, *rates))
        layers = allocation.decide(float(step), wants, grid=random.random() < 0.5)
        assert layers.keys() == {item.slot for item in wants}, seed
        shown = [item for item in wants if layers[item.slot] != LEFT_OUT]
        assert shown or not wants, f"seed {seed}: somebody is always shown"
        always = [item for item in wants if item.place != "tile"] or wants[:1]
        spent = sum(item.supply.cost(step, layers[item.slot]) for item in shown)
        least = sum(item.supply.cost(step, 0) for item in always)
        assert spent <= max(1000 - VOICES, least) + 1e-6, f"seed {seed}"
        for item in shown:
            most = {"screen": SCREEN_MOST, "stage": STAGE_MOST, "tile": STAGE_MOST}[item.place]
            layer = layers[item.slot]
            assert layer == 0 or item.supply.cost(step, layer) <= most, f"seed {seed}"


def test_what_the_way_carries_counts_where_it_is_less_than_the_cap() -> None:
    allocation = Allocation(1000)
    wants = [want("stage", 1), *tiles(8)]
    assert decide(wants) == allocation.decide(0.0, wants, grid=False)
    assert not allocation.estimate(2000)
    assert not allocation.estimate(1000)
    assert allocation.estimate(500), "less than what is sent"
    layers = allocation.decide(1.0, wants, grid=False)
    assert layers["stage"] == 2 and list(layers.values()).count(LEFT_OUT) == 8
    assert not allocation.paused
    assert allocation.estimate(300)
    assert allocation.decide(2.0, wants, grid=False)["stage"] == 1
    assert not allocation.estimate(3000)
    sent = []
    for second in range(3, 20):
        layers = allocation.decide(float(second), wants, grid=False)
        sent.append(sum(CAMERA[layer] for layer in layers.values() if layer != LEFT_OUT))
    assert sent == sorted(sent) and sent[int(HOLD)] < 450, "more comes bit by bit"
    assert layers == decide(wants) and allocation.retry is None


def test_below_the_lowest_layer_video_pauses_and_comes_back() -> None:
    allocation = Allocation(1000)
    wants = [want("stage", 1), *tiles(1, 20, 40)]
    allocation.decide(0.0, wants, grid=False)
    assert allocation.estimate(150)
    assert allocation.decide(1.0, wants, grid=False) == {"stage": LEFT_OUT, "tile-1": LEFT_OUT}
    assert allocation.paused
    allocation.estimate(400)
    assert allocation.decide(1.5, wants, grid=False)["stage"] == LEFT_OUT
    assert allocation.retry == 2.5, "there is more room each second"
    assert allocation.decide(1.0 + HOLD, wants, grid=False)["stage"] == 1
    assert not allocation.paused


def test_a_screen_that_the_way_does_not_carry_leaves_the_stage() -> None:
    allocation = Allocation(1000)
    allocation.estimate(300)
    wants = [want("stage", 1), want("screen", 2, *SCREEN)]
    assert allocation.decide(0.0, wants, grid=False) == {"stage": 1, "screen": LEFT_OUT}
    assert allocation.paused


def test_even_the_only_tile_waits_for_a_way_that_carries_it() -> None:
    allocation = Allocation(1000)
    allocation.estimate(100)
    assert set(allocation.decide(0.0, tiles(3), grid=True).values()) == {LEFT_OUT}
    assert allocation.paused
    assert allocation.decide(1.0, [], grid=True) == {} and not allocation.paused


def test_who_cannot_be_probed_keeps_the_least() -> None:
    allocation = Allocation(1000)
    assert allocation.estimate(100, probed=False) is True
    assert allocation.decide(0.0, [want("stage", 1), *tiles(2)], grid=False) == {
        "stage": 0,
        "tile-1": LEFT_OUT,
        "tile-2": LEFT_OUT,
    }
    assert not allocation.paused


def test_who_was_judged_before_probes_came_back_gets_what_they_found_within_seconds() -> None:
    allocation = Allocation(20_000)
    wants = [want("stage", 1, 2300)]
    allocation.decide(0.0, wants, grid=False)
    assert allocation.estimate(700)
    assert allocation.decide(1.0, wants, grid=False)["stage"] == LEFT_OUT
    allocation.estimate(8000)
    shown = [allocation.decide(1 + second / 2, wants, grid=False)["stage"] == 0 for second in range(1, 30)]
    assert shown.index(True) <= 2 * (HOLD + 4) and shown == sorted(shown)


@pytest.mark.parametrize("kbit", [2_300, 17_600])
def test_a_large_picture_that_fell_comes_back_within_seconds(kbit: int) -> None:
    """The steps by which it may take more are measured by what the way carries."""
    allocation = Allocation(200_000)
    wants = [want("stage", 1, kbit)]
    allocation.estimate(kbit * 2)
    allocation.decide(0.0, wants, grid=False)
    assert allocation.estimate(kbit * 0.85)
    assert allocation.decide(0.1, wants, grid=False)["stage"] == LEFT_OUT
    allocation.estimate(kbit * 1.5)
    shown = [allocation.decide(second / 2, wants, grid=False)["stage"] == 0 for second in range(1, 20)]
    assert shown.index(True) <= 2 * (HOLD + 3) and shown == sorted(shown)


def thinned(*rates: int, place: Place = "stage", slot: str = "stage") -> Want:
    """A picture of which half of the frames can be left out, which are 60 % of its bytes."""
    made = Supply("camera", len(rates))
    made.measure(0.0, rates, tuple(rate * 6 // 10 for rate in rates))
    return Want(slot, place, 1, made)


@pytest.mark.parametrize(
    ("left", "layer", "halved"),
    [(310, 2, False), (309, 2, True), (186, 2, True), (185, 1, False), (129, 1, True), (77, 0, False), (54, 0, True)],
)
def test_half_of_the_frames_is_a_step_between_two_layers(left: int, layer: int, halved: bool) -> None:
    allocation = Allocation(1000)
    allocation.estimate((VOICES + left) / SHARE + 1e-6)
    assert allocation.decide(0.0, [thinned(*CAMERA)], grid=False) == {"stage": layer}
    assert (allocation.halved == {"stage"}) == halved and not allocation.paused


def test_half_of_the_frames_comes_before_nothing_and_only_where_frames_are_marked() -> None:
    for want_, expected in ((thinned(*CAMERA), 0), (want("stage", 1), LEFT_OUT)):
        allocation = Allocation(1000)
        allocation.estimate((VOICES + 40) / SHARE)
        assert allocation.decide(0.0, [want_], grid=False) == {"stage": expected}
        assert allocation.paused == (expected == LEFT_OUT)
    tile = thinned(90, place="tile", slot="tile-1")
    allocation = Allocation(VOICES + 60)
    assert allocation.decide(0.0, [want("stage", 2, 5), tile], grid=False) == {"stage": 0, "tile-1": 0}
    assert allocation.halved == {"tile-1"}


def test_the_other_half_comes_back_after_a_while_with_a_reserve() -> None:
    allocation = Allocation(VOICES + 310)
    dear, cheap = thinned(55, 130, 400), thinned(55, 130, 250)
    assert allocation.decide(0.0, [cheap], grid=False) == {"stage": 2} and not allocation.halved
    assert allocation.decide(1.0, [dear], grid=False) == {"stage": 2} and allocation.halved
    assert allocation.decide(2.0, [cheap], grid=False) == {"stage": 2} and allocation.halved
    assert allocation.decide(1.0 + HOLD, [thinned(55, 130, 290)], grid=False) and allocation.halved, "it has no reserve"
    assert allocation.decide(1.0 + HOLD, [cheap], grid=False) == {"stage": 2} and not allocation.halved
