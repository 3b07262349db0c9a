use super::*;

fn due(missing: &mut Missing, now: u64) -> Vec<u16> {
    let mut out = Vec::new();
    missing.due(now, &mut out);
    out
}

#[test]
fn asks_after_a_moment_and_stops_when_found() {
    let mut missing = Missing::default();
    assert_eq!(missing.next_deadline(), None);
    missing.skipped(0, 65_534..65_538);
    missing.found(65_536);
    missing.found(65_540);
    assert_eq!(due(&mut missing, FIRST - 1), []);
    assert_eq!(missing.next_deadline(), Some(FIRST));
    assert_eq!(due(&mut missing, FIRST), [65_534, 65_535, 1]);
    assert_eq!(due(&mut missing, FIRST), []);
    missing.found(65_535);
    assert_eq!(due(&mut missing, FIRST + RETRY), [65_534, 1]);
}

#[test]
fn asks_ever_more_seldom_and_gives_up() {
    let mut missing = Missing::default();
    missing.skipped(0, 5..6);
    let mut asked = Vec::new();
    while let Some(deadline) = missing.next_deadline() {
        assert!(!missing.take_given_up());
        if !due(&mut missing, deadline).is_empty() {
            asked.push(deadline);
        }
    }
    assert_eq!(asked.len(), usize::from(TRIES));
    let waits: Vec<_> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waits, [50_000, 100_000, 200_000, 400_000, 400_000]);
    assert!(missing.take_given_up());
    assert!(!missing.take_given_up());
}

#[test]
fn gives_up_on_everything_when_too_much_is_missed() {
    let mut missing = Missing::default();
    missing.skipped(0, 0..200);
    missing.skipped(0, 300..300 + MOST as u64 - 200);
    assert!(!missing.take_given_up());
    missing.skipped(0, 900..901);
    assert!(missing.take_given_up());
    assert_eq!(due(&mut missing, FIRST), []);
    missing.skipped(0, 0..u64::MAX);
    assert!(missing.take_given_up());
}

#[test]
fn forgets_on_demand() {
    let mut missing = Missing::default();
    missing.skipped(0, 5..9);
    missing.clear();
    assert_eq!(missing.next_deadline(), None);
    assert!(!missing.take_given_up());
}
