use super::{MAX_ANSWER, Request, integrity_key};

/// RFC 5769, 2.1: sample request (password "VOkJxbRl1RmTxUk/WvJxBt").
const SAMPLE_REQUEST: &[u8] =
    b"\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
\x80\x22\x00\x10STUN test client\
\x00\x24\x00\x04\x6e\x00\x01\xff\
\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36\
\x00\x06\x00\x09evtj:h6vY\x20\x20\x20\
\x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49\xc1\xb5\x71\xa2\
\x80\x28\x00\x04\xe5\x7a\x3b\xcf";
const PASSWORD: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";

fn reparse_answer(answer: &[u8]) -> (u16, Vec<(u16, Vec<u8>)>) {
    let mut attributes = Vec::new();
    let mut at = 20;
    while let Some((kind, value, next)) = super::attribute(answer, at) {
        attributes.push((kind, value.to_vec()));
        at = next;
    }
    assert_eq!(at, answer.len());
    (u16::from_be_bytes([answer[0], answer[1]]), attributes)
}

#[test]
fn the_sample_request_of_rfc_5769_verifies() {
    let request = Request::parse(SAMPLE_REQUEST).expect("a request");
    assert_eq!(request.username, b"evtj:h6vY");
    assert_eq!(request.local_fragment(), b"evtj");
    assert!(request.claims_controlled);
    assert!(!request.use_candidate);
    assert!(request.unknown_attributes().is_empty());
    assert!(request.verify(&integrity_key(PASSWORD)));
    assert!(!request.verify(&integrity_key(b"another")));
}

#[test]
fn answers_match_the_samples_of_rfc_5769() {
    // 2.2 and 2.3 carry SOFTWARE, which we do not send: the mapped address is compared.
    let request = Request::parse(SAMPLE_REQUEST).expect("a request");
    let key = integrity_key(PASSWORD);
    let mut out = [0; MAX_ANSWER];
    for (address, expected) in [
        ("192.0.2.1:32853", &b"\x00\x01\xa1\x47\xe1\x12\xa6\x43"[..]),
        (
            "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
            &b"\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9"[..],
        ),
    ] {
        let length = request.accept(address.parse().expect("an address"), &key, &mut out);
        let (kind, attributes) = reparse_answer(&out[..length]);
        assert_eq!(kind, 0x0101);
        assert_eq!(attributes[0], (0x0020, expected.to_vec()));
        assert_eq!(
            attributes.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
            [0x0020, 0x0008, 0x8028]
        );
    }
}

#[test]
fn an_answer_carries_right_integrity_and_fingerprint() {
    let request = Request::parse(SAMPLE_REQUEST).expect("a request");
    let key = integrity_key(PASSWORD);
    let mut out = [0; MAX_ANSWER];
    let length = request.refuse_role(&key, &mut out);
    let (kind, attributes) = reparse_answer(&out[..length]);
    assert_eq!(kind, 0x0111);
    assert_eq!(attributes[0].1[..4], [0, 0, 4, 87]);
    // Fingerprint over all before it, integrity over all before it with the length cut there.
    let fingerprint = super::fingerprint(&out[..length - 8]).to_be_bytes();
    assert_eq!(attributes.last().expect("a fingerprint").1, fingerprint);
    let mut covered = out[..length - 8 - 24].to_vec();
    let size = u16::try_from(covered.len() - 20 + 24).expect("short");
    covered[2..4].copy_from_slice(&size.to_be_bytes());
    assert_eq!(
        aws_lc_rs::hmac::sign(&key, &covered).as_ref(),
        attributes[attributes.len() - 2].1
    );
}

#[test]
fn unknown_required_attributes_are_named() {
    let mut message = SAMPLE_REQUEST[..20].to_vec();
    message.extend_from_slice(b"\x00\x06\x00\x03a:b\0\x7f\x01\x00\x01x\0\0\0");
    let key = integrity_key(b"p");
    let covered = u16::try_from(message.len() - 20 + 24).expect("short");
    message[2..4].copy_from_slice(&covered.to_be_bytes());
    let tag = aws_lc_rs::hmac::sign(&key, &message);
    message.extend_from_slice(b"\x00\x08\x00\x14");
    message.extend_from_slice(tag.as_ref());
    message[2..4].copy_from_slice(&(covered + 8).to_be_bytes());
    let check = super::fingerprint(&message).to_be_bytes();
    message.extend_from_slice(b"\x80\x28\x00\x04");
    message.extend_from_slice(&check);
    let request = Request::parse(&message).expect("a request");
    assert!(request.verify(&key));
    assert_eq!(request.unknown_attributes(), [0x7f01]);
    let mut out = [0; MAX_ANSWER];
    let length = request.refuse_unknown(&key, &mut out);
    let (_, attributes) = reparse_answer(&out[..length]);
    assert_eq!(attributes[0].1[..4], [0, 0, 4, 20]);
    assert_eq!(attributes[1], (0x000a, vec![0x7f, 0x01]));
}

#[test]
fn every_truncation_and_every_flipped_byte_is_refused() {
    let key = integrity_key(PASSWORD);
    for length in 0..SAMPLE_REQUEST.len() {
        assert!(Request::parse(&SAMPLE_REQUEST[..length]).is_none());
    }
    for index in 0..SAMPLE_REQUEST.len() {
        let mut message = SAMPLE_REQUEST.to_vec();
        message[index] ^= 0x01;
        assert!(
            !Request::parse(&message).is_some_and(|request| request.verify(&key)),
            "byte {index}"
        );
    }
}
