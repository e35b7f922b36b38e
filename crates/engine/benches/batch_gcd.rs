//! Shared primes among RSA moduli of 2,048 bits: `cargo bench --bench batch_gcd`.
//!
//! The largest case takes minutes: `cargo bench --bench batch_gcd -- --ignored`.

use dashu_int::UBig;
use dashu_int::ops::Gcd;
use thingwarden_engine::pki::batch_gcd;

fn main() {
    divan::main();
}

/// The usual sizes of a fleet; two threads.
#[divan::bench(args = [1_000, 10_000], sample_count = 3, sample_size = 1)]
fn two_threads(bencher: divan::Bencher<'_, '_>, count: usize) {
    let moduli = moduli(count);
    bencher.bench_local(|| batch_gcd(&moduli, 2, &|_, _| {}));
}

/// The same on one thread.
#[divan::bench(args = [10_000], sample_count = 3, sample_size = 1)]
fn one_thread(bencher: divan::Bencher<'_, '_>, count: usize) {
    let moduli = moduli(count);
    bencher.bench_local(|| batch_gcd(&moduli, 1, &|_, _| {}));
}

/// More than one block.
#[divan::bench(args = [100_000], sample_count = 1, sample_size = 1, ignore = true)]
fn many(bencher: divan::Bencher<'_, '_>, count: usize) {
    let moduli = moduli(count);
    bencher.bench_local(|| batch_gcd(&moduli, 2, &|_, _| {}));
}

/// Numbers of 2,048 bits without prime factors below 131,072. The work depends on the size of moduli, not on their
/// primes; but numbers with small factors would share them, and be reported.
fn moduli(count: usize) -> Vec<Vec<u8>> {
    // SplitMix64.
    let mut state = 1_u64;
    let mut next = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let is_prime = |n: &u32| (2..).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d));
    let product = |range: std::ops::Range<u32>| {
        range.filter(is_prime).fold(UBig::ONE, |product, prime| product * prime)
    };
    // Most numbers fail the first of these already.
    let products = [product(2..512), product(512..8_192), product(8_192..131_072)];
    std::iter::repeat_with(|| {
        let mut bytes: Vec<u8> = (0..32).flat_map(|_| next().to_be_bytes()).collect();
        if let Some(first) = bytes.first_mut() {
            *first |= 0xc0;
        }
        bytes
    })
    .filter(|bytes| {
        let number = UBig::from_be_bytes(bytes);
        products.iter().all(|product| (product % &number).gcd(&number).is_one())
    })
    .take(count)
    .collect()
}
