//! Compressed files and archives: every member comes back as it was put in; of one that is cut off what comes is the
//! beginning of that, and the loss is told. An input is a kind, where it is cut, and the members; or any bytes.
#![no_main]

use std::io::Write;

use rca::fuzzed;
use rca_fuzz::{first, is_packed, parts};

fn tar(members: &[&[u8]]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (at, member) in members.iter().enumerate() {
        let mut header = tar::Header::new_ustar();
        header.set_size(member.len() as u64);
        header.set_cksum();
        archive.append_data(&mut header, format!("m{at}.log"), *member).expect("written");
    }
    archive.into_inner().expect("written")
}

fn zip(members: &[&[u8]], method: zip::CompressionMethod) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (at, member) in members.iter().enumerate() {
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        archive.start_file(format!("m{at}.log"), options).expect("a member");
        archive.write_all(member).expect("written");
    }
    archive.finish().expect("written").into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).expect("written");
    packer.finish().expect("written")
}

fn packed(kind: u8, bytes: &[u8]) -> Vec<u8> {
    match kind {
        0 => gzip(bytes),
        1 => zstd::stream::encode_all(bytes, 1).expect("packed"),
        2 => {
            let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            packer.write_all(bytes).expect("written");
            packer.finish().expect("written")
        }
        3 => {
            let mut packer =
                lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(0)).expect("a packer");
            packer.write_all(bytes).expect("written");
            packer.finish().expect("written")
        }
        _ => {
            let mut packer = lz4_flex::frame::FrameEncoder::new(Vec::new());
            packer.write_all(bytes).expect("written");
            packer.finish().expect("written")
        }
    }
}

/// Whether it would be looked into again, or read as text of another encoding.
fn is_more(bytes: &[u8]) -> bool {
    is_packed(bytes) || bytes.starts_with(b"PK") || bytes.get(257..262) == Some(b"ustar")
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (kind, rest) = first(bytes);
    let (cut, rest) = first(rest);
    if kind >= 16 {
        // Any bytes.
        fuzzed::unpacked(rest);
        if let Some((members, _)) = fuzzed::members(rest) {
            members.iter().for_each(|(name, ..)| assert!(name.starts_with("t/")));
        }
        return;
    }
    let cut_off = |mut whole: Vec<u8>| {
        // 0 is whole.
        let length = whole.len() * usize::from(255 - cut) / 255;
        whole.truncate(length);
        whole
    };
    if kind < 5 {
        if is_more(rest) {
            return;
        }
        let file = cut_off(packed(kind, rest));
        // Of the first bytes nobody can tell what they are.
        if file.len() < 10 {
            return;
        }
        let (_, text, is_broken) = fuzzed::unpacked(&file);
        if cut == 0 {
            assert!(!is_broken && text == fuzzed::decoded(rest, 1 << 20).1, "kind {kind}");
        } else if rest.len() < 4096 && std::str::from_utf8(rest).is_ok() && !rest.contains(&0) && !rest.contains(&b'\r')
        {
            assert!(fuzzed::decoded(rest, 1 << 20).1.starts_with(&text), "kind {kind}");
            assert!(is_broken || text.len() == rest.len(), "kind {kind}: a loss is told");
        }
        return;
    }
    let members = parts(rest);
    if members.len() > 20 || members.iter().any(|member| is_more(member)) {
        return;
    }
    let whole = match kind {
        5 => tar(&members),
        6 => gzip(&tar(&members)),
        7 => zip(&members, zip::CompressionMethod::Stored),
        _ => zip(&members, zip::CompressionMethod::Deflated),
    };
    let file = cut_off(whole);
    let Some((found, left_out)) = fuzzed::members(&file) else {
        assert!(cut > 0 || members.iter().all(|member| member.is_empty()), "kind {kind} is an archive");
        return;
    };
    let is_told = !left_out.is_empty() || found.iter().any(|(.., is_broken)| *is_broken);
    if cut == 0 {
        assert!(!is_told, "{left_out:?}");
    }
    let mut whole = 0;
    for (name, text, _) in &found {
        let number: Option<usize> = name.strip_prefix("t/m").and_then(|rest| rest.strip_suffix(".log")?.parse().ok());
        let member = members[number.expect("as it was put in")];
        let plain = fuzzed::decoded(member, 1 << 20).1;
        // Of a cut archive nobody says that a member is empty.
        whole += usize::from(*text == plain && !member.is_empty());
        let is_short = std::str::from_utf8(member).is_ok() && !member.contains(&0) && !member.contains(&b'\r');
        assert!(*text == plain || cut > 0 && (!is_short || plain.starts_with(text)), "{name} of kind {kind}");
    }
    let filled = members.iter().filter(|member| !member.is_empty()).count();
    assert!(whole == filled || is_told, "kind {kind}: {whole} of {filled} members, and no word of it");
});
