//! The same bytes into many connected sockets in one call, the GIL released: web sockets that hear the same.
//!
//! Laws: whose the descriptors are, and that they still are, is the caller's to know; nothing waits here. What a socket
//! does not take at once is told and left to the caller, whatever the reason.

use std::os::fd::RawFd;

use crate::socket::send_now;

/// Send to each of these descriptors, one after the other in the machine's own bytes; returns the places of those that
/// did not take all, each with how many bytes it took.
#[must_use]
pub fn send_all(descriptors: &[u8], frame: &[u8]) -> Vec<(usize, usize)> {
    let numbers = descriptors.chunks_exact(size_of::<RawFd>());
    let mut short = Vec::new();
    for (place, number) in numbers.enumerate() {
        let number = number.try_into().map_or(-1, RawFd::from_ne_bytes);
        let taken = send_now(number, frame);
        if taken != frame.len() {
            short.push((place, taken));
        }
    }
    short
}

#[cfg(feature = "python")]
pub mod boundary {
    use pyo3::prelude::*;

    /// The same for Python, without the GIL.
    #[pyfunction]
    #[must_use]
    pub fn send_all(py: Python<'_>, descriptors: &[u8], frame: &[u8]) -> Vec<(usize, usize)> {
        py.detach(|| super::send_all(descriptors, frame))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn numbers(descriptors: &[RawFd]) -> Vec<u8> {
        descriptors
            .iter()
            .flat_map(|one| one.to_ne_bytes())
            .collect()
    }

    fn pair() -> (UnixStream, UnixStream) {
        let (here, there) = UnixStream::pair().expect("a pair");
        here.set_nonblocking(true).expect("non-blocking");
        (here, there)
    }

    #[test]
    fn everybody_gets_the_same() {
        let pairs: Vec<_> = (0..3).map(|_| pair()).collect();
        let descriptors: Vec<_> = pairs.iter().map(|(here, _)| here.as_raw_fd()).collect();
        assert!(send_all(&numbers(&descriptors), b"said").is_empty());
        for (_, mut there) in pairs {
            let mut heard = [0; 4];
            there.read_exact(&mut heard).expect("heard");
            assert_eq!(&heard, b"said");
        }
    }

    #[test]
    fn who_is_full_or_gone_is_named_and_holds_up_nobody() {
        let (full, full_there) = pair();
        let (left, left_there) = pair();
        let (well, mut well_there) = pair();
        drop(left_there);
        let frame = vec![7; 100_000];
        let mut taken = 0;
        while taken == 0 || send_now(full.as_raw_fd(), &frame) == frame.len() {
            taken += 1;
        }
        let all = [full.as_raw_fd(), -1, left.as_raw_fd(), well.as_raw_fd()];
        assert_eq!(send_all(&numbers(&all), b"said"), [(0, 0), (1, 0), (2, 0)]);
        let mut heard = [0; 4];
        well_there.read_exact(&mut heard).expect("heard");
        assert_eq!(&heard, b"said");
        drop(full_there);
    }

    #[test]
    fn half_a_frame_is_told_as_such() {
        let (here, _there) = pair();
        let frame = vec![7; 8 << 20];
        let told = send_all(&numbers(&[here.as_raw_fd()]), &frame);
        assert!(matches!(told[..], [(0, taken)] if taken < frame.len()));
    }
}
