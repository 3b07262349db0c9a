//! The kernel's scheduler, asked to let a media thread run as soon as it has something to do.
//!
//! Laws: all of it is a wish; what the kernel or our rights do not grant stays as it was, and nothing else changes. A
//! short slice needs no right (Linux 6.12; older kernels ignore it): who asks for little at a time is let in at once
//! where others have had their turn. Being nicer than others is granted to who may (root, `CAP_SYS_NICE`, `LimitNICE=`).

use std::mem::{size_of, zeroed};

/// What a media thread runs at a time while others wait; the kernel's least is 0.1 ms. Nanoseconds.
const SLICE: u64 = 200_000;
/// How late a timer may come. The kernel's default is 50 us. Nanoseconds.
const SLACK: libc::c_ulong = 1_000;
const NICE: i32 = -10;

/// `struct sched_attr` of `sched_setattr(2)`, in its first version.
#[repr(C)]
struct Attributes {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    runtime: u64,
    deadline: u64,
    period: u64,
}

fn schedule(nice: i32) -> bool {
    // SAFETY: all-zero is valid; the kernel reads `size` bytes of it during the call.
    unsafe {
        let attributes = Attributes {
            size: u32::try_from(size_of::<Attributes>()).unwrap_or(0),
            nice,
            runtime: SLICE,
            ..zeroed()
        };
        libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) == 0
    }
}

/// Ask for short waits for this thread.
pub fn hasten() {
    // SAFETY: plain system calls about the calling thread.
    let nice = unsafe {
        libc::prctl(libc::PR_SET_TIMERSLACK, SLACK);
        libc::getpriority(libc::PRIO_PROCESS, 0)
    };
    if !schedule(nice.min(NICE)) {
        schedule(nice);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_come_on_time_and_priority_is_never_given_up() {
        let (before, after, slack) = std::thread::spawn(|| {
            let nice = || unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
            let before = nice();
            hasten();
            let slack = unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) };
            (before, nice(), slack)
        })
        .join()
        .unwrap();
        assert_eq!(slack, 1_000);
        assert!(after <= before);
    }
}
