//! Tests of compressed streams and tar archives.

use std::io::Write;

use super::*;

/// A tar member as GNU tar writes it.
fn member(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[..name.len().min(100)].copy_from_slice(&name.as_bytes()[..name.len().min(100)]);
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[156] = kind;
    header[257..263].copy_from_slice(b"ustar\0");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut out = header.to_vec();
    out.extend_from_slice(content);
    out.resize(out.len().div_ceil(512) * 512, 0);
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// Names and contents; the last line is the error, if there was one.
fn list(archive: &[u8]) -> Vec<String> {
    let mut source = archive;
    let mut tar = Tar::new(&mut source);
    let mut found = Vec::new();
    loop {
        match tar.next() {
            Ok(Some(entry)) => {
                let mut content = String::new();
                let read = tar.read_to_string(&mut content);
                found.push(format!("{} {:?} {content}", entry.name, entry.kind));
                if let Err(error) = read {
                    found.push(error.to_string());
                    return found;
                }
            }
            Ok(None) => return found,
            Err(error) => {
                found.push(error.to_string());
                return found;
            }
        }
    }
}

#[test]
fn members_and_their_long_names_are_read() {
    let long = "d/".repeat(80) + "name.pem";
    let pax = "22 path=pax/other.pem\n19 comment=ignored\n";
    let archive = [
        member("a.json", b'0', b"{}"),
        member("d/", b'5', b""),
        member("././@LongLink", b'L', format!("{long}\0").as_bytes()),
        member("short", b'0', b"x"),
        member("PaxHeaders/x", b'x', pax.as_bytes()),
        member("y", b'0', b"z"),
        vec![0; 1024],
    ]
    .concat();
    assert!(is_tar(&archive));
    assert_eq!(
        list(&archive),
        [
            "a.json File {}".to_owned(),
            "d/ Folder ".to_owned(),
            format!("{long} File x"),
            "pax/other.pem File z".to_owned(),
        ]
    );
}

#[test]
fn what_came_before_a_broken_end_counts() {
    let archive = [member("a", b'0', b"one"), member("b", b'0', &[b'x'; 600])].concat();
    assert_eq!(list(&archive[..1600]).last().unwrap(), "the archive ends early");
    assert_eq!(list(&archive[..1100]), ["a File one", "the archive ends early"]);
    assert_eq!(list(&[member("a", b'0', b"one"), vec![7; 512]].concat()), ["a File one", "not a tar header"]);
    let bomb = member("n", b'L', b"");
    let mut bomb = bomb;
    bomb[124..135].copy_from_slice(b"77777777777");
    bomb[148..156].fill(b' ');
    let sum: u32 = bomb[..512].iter().map(|byte| u32::from(*byte)).sum();
    bomb[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    assert_eq!(list(&bomb), ["a tar header of 8589934591 bytes; at most 65536 are read"]);
}

#[test]
fn what_is_no_file_says_what_it_is() {
    let sparse = "22 GNU.sparse.major=1\n27 GNU.sparse.name=real.pem\n25 path=GNUSparseFile/x\n";
    let mut old = member("old", b'S', b"x");
    let with_map = |header: &mut [u8]| {
        header[482] = 1;
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    };
    with_map(&mut old[..512]);
    let mut map = vec![b'0'; 1024];
    (map[504], map[1016]) = (1, 0);
    old.splice(512..512, map);
    let archive = [
        member("s", b'2', b""),
        member("h", b'1', b""),
        member("c", b'3', b""),
        member("p", b'6', b""),
        member("PaxHeaders/x", b'x', sparse.as_bytes()),
        member("GNUSparseFile/x", b'0', b"1\n0\n3\nabc"),
        old,
        member("m", b'M', b"rest"),
        member("folder/", 0, b""),
        member("file", 0, b"x"),
    ]
    .concat();
    let found = list(&archive);
    let kinds: Vec<_> = found.iter().filter_map(|one| one.get(..one.rfind(' ')?)).collect();
    assert_eq!(
        kinds,
        [
            "s SymbolicLink",
            "h HardLink",
            "c Device",
            "p Pipe",
            "real.pem Sparse",
            "old Sparse",
            "m Other(77)",
            "folder/ Folder",
            "file File",
        ]
    );
}

#[test]
fn archives_one_after_another_are_read_as_one() {
    let (end, one, two) = (vec![0; 1024], member("a", b'0', b"one"), member("b", b'0', b"two"));
    let check = |parts: &[&[u8]], expected: &[&str]| assert_eq!(list(&parts.concat()), expected);
    check(&[&one, &end, &[0; 9216], &two, &end], &["a File one", "b File two"]);
    check(&[&one, &end[..512], &two], &["a File one", "b File two"]);
    check(&[&one, &end, &end[..100]], &["a File one"]);
    check(&[&one, &end, b"trailing"], &["a File one", "data after the end of the archive"]);
    check(&[&one, &end, &[7; 512], &two], &["a File one", "data after the end of the archive"]);
}

#[test]
fn streams_are_expanded_frame_by_frame() {
    let check = |packed: Vec<u8>, expected: &[u8]| {
        let compression = Compression::of(&packed).unwrap();
        let mut out = Vec::new();
        Expanded::new(packed.as_slice(), compression).read_to_end(&mut out).unwrap();
        assert_eq!(out, expected);
    };
    check([gzip(b"one"), gzip(b"two")].concat(), b"onetwo");
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"xyz"].concat();
    check([zstd(b"one"), skippable, zstd(b"two")].concat(), b"onetwo");
    assert_eq!(Compression::of(b"{}"), None);
}

#[test]
fn damage_is_an_error_and_not_an_end() {
    for packed in [gzip(&[b'x'; 9999]), zstd(&(0..9999).map(|n| (n * n % 251) as u8).collect::<Vec<u8>>())] {
        let compression = Compression::of(&packed).unwrap();
        let cut = &packed[..packed.len() - 5];
        assert!(Expanded::new(cut, compression).read_to_end(&mut Vec::new()).is_err(), "{compression:?}");
    }
}

#[test]
fn a_bomb_is_given_up() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..600 {
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let mut bomb = Expanded::new(bomb.as_slice(), Compression::Gzip);
    let error = io::copy(&mut bomb, &mut io::sink()).unwrap_err();
    assert!(error.to_string().contains("expand to more than"), "{error}");
    assert!(bomb.output < 300 << 20);
}
