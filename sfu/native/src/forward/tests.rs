//! What a packet costs beside time: nothing is allocated for it, from its parsing to the sockets.

use crate::allocations::counted;
use crate::opening::testing::{Join, START};

#[test]
fn nothing_is_allocated_for_a_packet() {
    let mut join = Join::new();
    join.nominate(START, b"p", 9);
    join.nominate(START, b"v", 10);
    let mut now = START;
    let mut second = |join: &mut Join| {
        for _ in 0..50 {
            now += 20_000;
            join.frame(now, false);
            join.world.flush();
        }
    };
    join.frame(START, true);
    for _ in 0..20 {
        second(&mut join); // histories and maps fill up
    }
    let before = join.world.counters.forwarded.get();
    assert_eq!(counted(|| second(&mut join)), 0);
    assert_eq!(join.world.counters.forwarded.get(), before + 50);
    assert_eq!(counted(|| drop(std::hint::black_box(vec![0_u8; 9]))), 1);
}
