use super::*;

const SECOND: u64 = 1_000_000;

#[test]
fn asks_for_nobody_never() {
    let mut authority = KeyframeAuthority::default();
    assert_eq!(authority.next_deadline(), None);
    assert!(!authority.poll(0) && !authority.poll(9 * SECOND));
}

#[test]
fn one_request_serves_all_who_wait() {
    let mut authority = KeyframeAuthority::default();
    authority.request();
    assert!(authority.poll(SECOND));
    for _ in 0..30 {
        authority.request();
        assert!(!authority.poll(SECOND + 1));
    }
    authority.keyframe();
    assert!(!authority.poll(9 * SECOND));
}

#[test]
fn requests_are_half_a_second_apart() {
    let mut authority = KeyframeAuthority::default();
    let mut sent = Vec::new();
    for now in (SECOND..11 * SECOND).step_by(10_000) {
        // A keyframe comes at once, and somebody new wants the next.
        authority.request();
        if authority.poll(now) {
            sent.push(now);
            authority.keyframe();
        }
    }
    assert_eq!(sent.len(), 20);
    assert!(sent.windows(2).all(|pair| pair[1] - pair[0] >= 500_000));
}

#[test]
fn an_unanswered_request_is_repeated_each_second_while_anyone_waits() {
    let mut authority = KeyframeAuthority::default();
    authority.request();
    let asked: Vec<u64> = (0..4 * SECOND)
        .step_by(100_000)
        .filter(|&now| authority.poll(now))
        .collect();
    assert_eq!(asked, [0, SECOND, 2 * SECOND, 3 * SECOND]);
    assert_eq!(authority.next_deadline(), Some(4 * SECOND));
    authority.forget();
    assert!(!authority.poll(9 * SECOND));
}
