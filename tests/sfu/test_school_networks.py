"""What happens in schools, over simulated links: the plane's estimate and pacer with the allocator's decisions."""

from __future__ import annotations

from itertools import pairwise
from statistics import mean

import pytest

from sfu.allocator import LEFT_OUT
from tests.sfu.link import Link, Seen, Viewer, run

SEEDS = (1, 2, 3)


def alone(link: Link, seconds: int, seed: int, gone: tuple[float, float] = (0.0, 0.0)) -> list[Seen]:
    """What one viewer behind this link sees."""
    viewer = Viewer(link, gone=gone)
    run([viewer], seconds, seed)
    return viewer.seconds


def kbit(seconds: list[Seen]) -> float:
    return mean(second.kbit for second in seconds)


def usual_wait(seconds: list[Seen]) -> float:
    """What 19 of 20 seconds stay below, in ms."""
    waits = sorted(second.wait for second in seconds)
    return waits[len(waits) * 19 // 20 - 1]


def assert_never_silent(seconds: list[Seen], seed: int) -> None:
    assert all(second.sound >= 40 for second in seconds), f"seed {seed}: {[second.sound for second in seconds]}"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_good_line_shows_everything_from_the_first_second(seed: int) -> None:
    seconds = alone(Link([(0, 20_000)]), 20, seed)
    assert all((second.stage, second.tiles) == (2, 8) for second in seconds), seed
    assert usual_wait(seconds) < 10, seed


@pytest.mark.parametrize("seed", SEEDS)
def test_uplink_1_mbit(seed: int) -> None:
    """A village school's line, just wide enough for what one viewer may have."""
    seconds = alone(Link([(0, 1_000)]), 60, seed)
    assert kbit(seconds[5:]) > 750 and usual_wait(seconds) < 100, seed
    assert all(second.stage >= 1 for second in seconds), seed
    assert_never_silent(seconds, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_of_half_of_that_keeps_the_stage(seed: int) -> None:
    seconds = alone(Link([(0, 500)]), 60, seed)
    assert all(second.stage >= 0 and not second.paused for second in seconds[2:]), seed
    assert usual_wait(seconds[3:]) < 150, seed
    assert_never_silent(seconds[3:], seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_for_a_voice_alone_pauses_pictures_and_carries_the_voice(seed: int) -> None:
    seconds = alone(Link([(0, 110)]), 60, seed)
    settled = seconds[15:]
    assert mean(second.paused for second in settled) > 0.8, seed
    assert_never_silent(settled, seed)
    assert usual_wait(settled) < 300, seed


@pytest.mark.parametrize("seed", SEEDS)
def test_ipad_walks_away(seed: int) -> None:
    """Out of the room and back: the way gets thin, is gone, and returns."""
    steps: list[tuple[float, float]] = [(0, 3_000), (20, 800), (25, 250), (30, 0), (36, 3_000)]
    seconds = alone(Link(steps, jitter=5_000), 60, seed)
    assert seconds[22].stage == 2 and seconds[22].tiles < 8, f"seed {seed}: tiles go first"
    assert usual_wait(seconds[21:25]) < 120, seed
    assert seconds[29].stage <= 1 and seconds[29].tiles == 0, seed
    assert_never_silent(seconds[27:30], seed)
    assert seconds[35].paused, seed
    assert seconds[39].stage >= 1, f"seed {seed}: the teacher is back within four seconds"
    assert (seconds[58].stage, seconds[58].tiles) == (2, 8), seed


@pytest.mark.parametrize("seed", SEEDS)
def test_phone_call_interrupts(seed: int) -> None:
    """A call silences the page for eight seconds; nothing is sent or answered meanwhile."""
    seconds = alone(Link([(0, 2_000), (20, 0), (28, 2_000)]), 55, seed, gone=(20, 28))
    assert seconds[27].stage == LEFT_OUT, f"seed {seed}: nobody sends pictures into the void"
    assert_never_silent(seconds[29:], seed)
    assert seconds[32].stage >= 1, seed
    assert (seconds[53].stage, seconds[53].tiles) == (2, 8), seed


def test_wifi_of_thirty() -> None:
    """Thirty pupils behind one access point, each of whom could use a megabit: 18 for 30."""
    link = Link([(0, 18_000)], jitter=4_000, loss=0.005)
    viewers = [Viewer(link, phase=number * 1_333) for number in range(30)]
    run(viewers, 60, 1)
    settled = [viewer.seconds[20:] for viewer in viewers]
    shares = [kbit(seconds) for seconds in settled]
    assert sum(shares) > 14_000, "the air is used"
    assert sum(shares) ** 2 / (30 * sum(share**2 for share in shares)) > 0.9, "and shared"
    assert usual_wait(settled[0]) < 100, "without a queue"
    seen = [second for seconds in settled for second in seconds]
    assert mean(second.stage >= 1 for second in seen) > 0.95 and mean(second.paused for second in seen) < 0.01
    changes = sum(before.stage != after.stage for seconds in settled for before, after in pairwise(seconds))
    assert changes / 30 < 8, "in 40 s, a viewer"


@pytest.mark.parametrize("seed", SEEDS)
def test_wifi_of_nine_whose_cameras_mark_half_of_their_frames(seed: int) -> None:
    """Nine tablets share 5.4 Mbit/s: frames come and go where a layer would, and hardly anybody needs a keyframe."""
    link = Link([(0, 5_400)], jitter=4_000, loss=0.005)
    viewers = [Viewer(link, phase=number * 1_333, thinned=True) for number in range(9)]
    run(viewers, 40, seed)
    settled = [viewer.seconds[15:] for viewer in viewers]
    seen = [second for seconds in settled for second in seconds]
    assert sum(kbit(seconds) for seconds in settled) > 4_200 and usual_wait(settled[0]) < 110, seed
    assert mean(second.stage == 2 for second in seen) > 0.9 and not any(second.paused for second in seen), seed
    assert any(second.halved for second in seen), f"seed {seed}: for some it is the half"
    layers = sum(before.stage != after.stage for seconds in settled for before, after in pairwise(seconds))
    halves = sum(before.halved != after.halved for seconds in settled for before, after in pairwise(seconds))
    assert layers / 9 < 1 and halves / 9 < 5, f"seed {seed}: in 25 s, a viewer"


@pytest.mark.parametrize("seed", SEEDS)
def test_at_the_edge_of_the_wifi_the_teacher_moves_at_half_the_rate_and_does_not_stand_still(seed: int) -> None:
    """220 kbit/s: a voice and three quarters of the smallest picture."""
    shown = {}
    for thinned in (False, True):
        viewer = Viewer(Link([(0, 220)]), thinned=thinned)
        run([viewer], 60, seed)
        settled = viewer.seconds[15:]
        shown[thinned] = mean(second.stage >= 0 for second in settled)
        assert_never_silent(settled, seed)
        assert usual_wait(settled) < 100, seed
    assert shown[False] < 0.1 and shown[True] > 0.5, f"seed {seed}: {shown}"


@pytest.mark.parametrize("seed", SEEDS)
def test_vpn_443_only(seed: int) -> None:
    """All goes over one TCP connection: what is lost comes late, and all behind it too."""
    link = Link([(0, 1_500)], delay=40_000, loss=0.01, reliable=True)
    seconds = alone(link, 60, seed)
    assert all(second.stage >= 0 and not second.paused for second in seconds), seed
    assert kbit(seconds) > 400 and usual_wait(seconds) < 150, seed
    assert_never_silent(seconds, seed)


def shown_seconds(viewer: Viewer, seconds: int, seed: int) -> list[bool]:
    run([viewer], seconds, seed)
    return [second.stage >= 0 for second in viewer.seconds]


@pytest.mark.parametrize("kbit", [2_400, 17_600])
@pytest.mark.parametrize("seed", SEEDS)
def test_one_large_stream_stays_on_a_good_line(seed: int, kbit: int) -> None:
    """A camera of one size and many megabits, whose way begins as every other's."""
    viewer = Viewer(Link([(0, 200_000)]), cap=200_000, stage=(kbit,), tiles=0)
    assert all(shown_seconds(viewer, 20, seed)[2:]), f"seed {seed}"


@pytest.mark.parametrize("seed", SEEDS)
def test_who_answers_late_has_the_picture_soon_after(seed: int) -> None:
    """Connected for twelve seconds before its page answers anything: the probes of that time tell nothing."""
    viewer = Viewer(Link([(0, 200_000)]), cap=20_000, stage=(2_400,), tiles=0, gone=(0, 12))
    assert all(shown_seconds(viewer, 20, seed)[14:]), f"seed {seed}"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_server_that_stands_still_now_and_then_takes_nobodys_picture(seed: int) -> None:
    viewer = Viewer(Link([(0, 200_000)]), cap=20_000, stage=(2_400,), tiles=0, stalls=0.2)
    shown = shown_seconds(viewer, 60, seed)
    assert mean(shown) > 0.9, f"seed {seed}: {shown}"


@pytest.mark.parametrize("kbit", [2_400, 17_600])
@pytest.mark.parametrize("seed", SEEDS)
def test_one_large_stream_comes_back_within_seconds(seed: int, kbit: int) -> None:
    """The line is thin for eight seconds."""
    link = Link([(0, 100_000), (20, 1_000), (28, 100_000)])
    shown = shown_seconds(Viewer(link, cap=200_000, stage=(kbit,), tiles=0), 50, seed)
    assert not any(shown[24:27]) and all(shown[38:]), f"seed {seed}: {shown}"
