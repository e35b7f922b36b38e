//! Any bytes as the head of a request, in pieces of any size: its length is seen if and only if HTTP's parser sees it.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((piece_bytes, head)) = input.split_first() else { return };
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut request = httparse::Request::new(&mut headers);
    if !request.parse(head).is_ok_and(|status| status.is_complete()) {
        return;
    }
    let has_length = request.headers.iter().any(|header| header.name.eq_ignore_ascii_case("content-length"));
    for piece_bytes in [usize::from(*piece_bytes), head.len()] {
        assert_eq!(thingwarden::fuzzing::has_length(head, piece_bytes), has_length);
    }
});
