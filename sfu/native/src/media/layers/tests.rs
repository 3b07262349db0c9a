use super::*;

const SECOND: u64 = 1_000_000;

fn flowing(layers: &[usize]) -> Flows {
    let mut flows = Flows::default();
    for &layer in layers {
        flows.heard(SECOND, layer);
    }
    flows
}

#[test]
fn the_highest_that_flows_and_is_allowed_is_chosen() {
    let choose = |layers: &[usize], most| flowing(layers).choose(most);
    assert_eq!(choose(&[0, 1, 2], 2), Some(2));
    assert_eq!(choose(&[0, 1, 2], 1), Some(1));
    assert_eq!(choose(&[0, 2], 1), Some(0));
    assert_eq!(
        choose(&[2], 0),
        Some(2),
        "a picture too large is better than none"
    );
    assert_eq!(choose(&[], 2), None);
    assert_eq!(choose(&[1], 250), Some(1));
}

#[test]
fn a_silent_layer_stalls_only_while_another_goes_on() {
    let mut flows = flowing(&[0, 1, 2]);
    flows.expire(3 * SECOND);
    assert!(flows.has(2), "all are silent: a still screen");
    flows.heard(3 * SECOND, 0);
    flows.heard(3 * SECOND - 400_000, 1);
    flows.expire(3 * SECOND);
    assert_eq!([0, 1, 2].map(|layer| flows.has(layer)), [true, true, false]);
    // Pictures of a still screen come once a second, and not all at the same instant.
    flows.heard(4 * SECOND, 0);
    flows.expire(4 * SECOND);
    assert!(!flows.has(1));
    flows.heard(4 * SECOND, 1);
    flows.heard(5 * SECOND, 0);
    flows.heard(5 * SECOND - SPREAD, 1);
    flows.expire(5 * SECOND + 600_000);
    assert!(flows.has(1));
    flows.clear();
    assert_eq!(flows.choose(2), None);
    flows.heard(0, 9);
}

#[test]
fn a_slot_stays_where_it_is_while_nothing_flows() {
    let view = LayerView {
        shown: 1,
        ..LayerView::default()
    };
    assert!(!view.wants_other(&Flows::default()));
    assert!(view.wants_other(&flowing(&[0, 1, 2])));
    assert_eq!(view.aim(&flowing(&[0])), 0);
}

#[test]
fn a_rate_follows_what_came() {
    let mut meter = Meter::default();
    meter.packet(30_000);
    assert_eq!(meter.measure(SECOND), 0);
    (0..10).for_each(|_| meter.packet(956));
    assert_eq!(meter.measure(SECOND), 80);
    assert_eq!(meter.measure(SECOND), 60);
    meter.clear();
    meter.packet(956);
    meter.measure(SECOND);
    meter.packet(956);
    assert_eq!(meter.measure(SECOND / 2), 16);
}
