//! Limits on snapshot input, with the reason for each number. They bound memory, not the size of a fleet.

/// A JSON document without a list that is read element by element, or one such element. Our number: ten times the
/// largest policy document that the IoT API takes (404,600 characters), the largest value it knows.
pub(super) const RECORD_BYTES_MAX: usize = 4 << 20;
/// A member that is carried along while a list next to it is streamed; request parameters and names are far shorter.
pub(super) const SIBLING_BYTES_MAX: usize = 4 << 10;
/// All members carried along together; they are looked at again with each element.
pub(super) const SIBLINGS_BYTES_MAX: usize = 16 << 10;
/// Text between JSON values, such as a damaged line, before the rest of the file is given up.
pub(super) const GARBAGE_BYTES_MAX: u64 = 8 << 20;
/// A PEM block other than a revocation list: room for the largest certificate that the engine reads (1 MiB of DER).
pub(super) const PEM_BLOCK_BYTES_MAX: usize = 2 << 20;
/// A revocation list. The largest public ones have tens of megabytes.
pub(super) const CRL_BYTES_MAX: usize = 256 << 20;
/// All revocation lists of one load together; they are kept until their issuers are known.
pub(super) const CRLS_BYTES_MAX: usize = 1 << 30;
/// What one compressed stream may expand to: forty snapshots of a million devices.
pub(super) const EXPANDED_BYTES_MAX: u64 = 64 << 30;
/// Expansion below this size is never suspicious, whatever the ratio.
pub(super) const EXPANSION_FREE_BYTES: u64 = 256 << 20;
/// Output per byte of input beyond that. Snapshots reach 3 (certificates are random) to 40 (listings); deflate ends at
/// 1,032 and Zstandard has no end.
pub(super) const EXPANSION_RATIO_MAX: u64 = 250;
/// Memory for the window of a Zstandard stream: what `zstd --ultra -22` uses by default (RFC 8878 section 3.1.1.1.2
/// recommends that decoders support at least 8 MiB).
pub(super) const ZSTD_WINDOW_BYTES_MAX: u64 = 128 << 20;
/// A tar entry's long name or extended header.
pub(super) const TAR_NAME_BYTES_MAX: u64 = 64 << 10;
/// Bytes looked at to tell what a file is.
pub(super) const SNIFF_BYTES: usize = 4096;
/// Bytes collected before a worker gets them.
pub(super) const BATCH_BYTES: usize = 1 << 20;
/// Skipped or ignored inputs that are named; further ones are counted.
pub(super) const NAMED_MAX: usize = 1000;
/// Of those, how many may come from one file, so that one damaged file does not hide all others.
pub(super) const NAMED_PER_FILE_MAX: u32 = 20;
/// Distinct URLs of revocation lists that are remembered for fetching; a public CA needs a few per issuer.
pub(super) const DISTRIBUTION_POINTS_MAX: usize = 1_000;
/// Folders within folders.
pub(super) const FOLDER_DEPTH_MAX: usize = 256;
/// Certificates without an authority key identifier whose bytes wait until all CA certificates are known, so that their
/// signatures can tell their issuers apart: about 60,000 of them. Ours, as are the next three: together 64 MiB at most, little
/// against what a million certificates take anyway.
pub(super) const UNHINTED_BYTES_MAX: usize = 40 << 20;
/// The same for certificates that name their issuer's key, of which those that match are rarely needed: 16 bytes for each of a
/// million.
pub(super) const HINTED_BYTES_MAX: usize = 16 << 20;
/// The same for CA certificates: some 8,000, where a large account has hundreds.
pub(super) const AUTHORITIES_BYTES_MAX: usize = 8 << 20;
/// Of that many certificates all signatures are verified, in a second or two (60 to 100 microseconds each); of more only those
/// where the issuer matters: with a revoked serial number, or with several keys under the issuer's name.
pub(super) const SIGNATURES_ALL_MAX: usize = 20_000;
/// A template or plan; CloudFormation takes 1 MB, plans of whole platforms have tens of megabytes.
pub(super) const TEMPLATE_BYTES_MAX: usize = 64 << 20;
/// YAML, which nobody makes by machine at that size.
pub(super) const TEMPLATE_YAML_BYTES_MAX: usize = 4 << 20;
/// Values in a template, those counted again that aliases write out.
pub(super) const TEMPLATE_NODES_MAX: usize = 4_000_000;
/// Values in values; Terraform's modules in modules take three levels each.
pub(super) const TEMPLATE_DEPTH_MAX: usize = 96;
/// Functions in functions, parameters in variables and so on.
pub(super) const TEMPLATE_STEPS_MAX: usize = 64;
/// Text that the functions of one file may make.
pub(super) const TEMPLATE_MADE_BYTES_MAX: usize = 16 << 20;
/// What each value that is worked out counts of it, so that functions that make nothing end, too: after a million values.
pub(super) const TEMPLATE_STEP_BYTES: usize = 16;
