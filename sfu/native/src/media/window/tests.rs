use super::*;

#[test]
fn says_yes_once() {
    let mut window = Window::default();
    assert!(window.insert(70_000));
    assert!(!window.insert(70_000));
    assert!(window.insert(70_003) && window.insert(70_001));
    assert!(!window.insert(70_001) && !window.insert(70_003));
    assert!(window.insert(70_002));
}

#[test]
fn forgets_nothing_within_its_span_and_all_beyond() {
    let mut window = Window::default();
    assert!(window.insert(10_000));
    assert!(window.insert(10_000 + SPAN - 1));
    assert!(!window.insert(10_000));
    assert!(window.insert(10_001));
    assert!(window.insert(10_000 + SPAN), "takes the place of 10,000");
    assert!(!window.insert(10_000), "too old to tell");
    assert!(!window.insert(10_001));
    assert!(window.insert(10_002));
}

#[test]
fn a_leap_clears_it() {
    let mut window = Window::default();
    (0..SPAN).for_each(|number| assert!(window.insert(number)));
    assert!(window.insert(5 * SPAN));
    (4 * SPAN + 1..5 * SPAN).for_each(|number| assert!(window.insert(number)));
    assert!(!window.insert(4 * SPAN));
}
