//! STUN requests: nothing verifies without the password, and every answer fits its buffer.
#![no_main]

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use _native::stun::{MAX_ANSWER, Request, integrity_key};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &[u8]| {
    let Some(request) = Request::parse(message) else {
        return;
    };
    let key = integrity_key(b"nobody knows this password");
    assert!(!request.verify(&key));
    assert!(request.local_fragment().len() <= request.username.len());
    let mapped = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 9);
    let mut answer = [0; MAX_ANSWER];
    assert!(request.accept(mapped, &key, &mut answer) <= MAX_ANSWER);
    assert!(request.refuse_role(&key, &mut answer) <= MAX_ANSWER);
    assert!(request.refuse_unknown(&key, &mut answer) <= MAX_ANSWER);
});
