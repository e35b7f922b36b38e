//! Which addresses may be connected to: public ones, and those that the operator allows.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

/// A network: `10.0.0.0/8`, or an address alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    bits: u8,
}

/// A text that is no [`Network`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no network such as 10.0.0.0/8")]
pub(crate) struct NoNetwork;

impl FromStr for Network {
    type Err = NoNetwork;

    /// Bits beyond the prefix have to be 0, since whoever writes others means something else. IPv4 addresses are written
    /// as such and not in IPv6.
    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| NoNetwork)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| NoNetwork)?
            }
            Some(_) => return Err(NoNetwork),
            None => most,
        };
        let network = Self { address, bits };
        let is_good = bits <= most
            && address == address.to_canonical()
            && network.prefix(address) == Some(number(address));
        if is_good { Ok(network) } else { Err(NoNetwork) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        self.prefix(address) == Some(number(self.address))
    }

    /// The address without the bits beyond this network's prefix; none when it is of the other family.
    fn prefix(self, address: IpAddr) -> Option<u128> {
        let width: u32 = match (self.address, address) {
            (IpAddr::V4(_), IpAddr::V4(_)) => 32,
            (IpAddr::V6(_), IpAddr::V6(_)) => 128,
            _ => return None,
        };
        let beyond = width.saturating_sub(u32::from(self.bits));
        let mask = u128::MAX.checked_shl(beyond).unwrap_or(0);
        Some(number(address) & mask)
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// Where connections may go. The default is the public Internet and nothing else. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct AddressRules {
    networks: Arc<[Network]>,
    private_targets: bool,
}

impl AddressRules {
    /// Public addresses, those in `networks`, and with `private_targets` all.
    pub(crate) fn new(networks: &[Network], private_targets: bool) -> Self {
        Self { networks: networks.into(), private_targets }
    }

    /// Whether connections may go there.
    pub(crate) fn permit(&self, address: IpAddr) -> bool {
        // ::ffff:10.0.0.1 leads to 10.0.0.1.
        let real = address.to_canonical();
        self.private_targets
            || is_public(address)
            || self.networks.iter().any(|network| network.contains(real))
    }

    /// The first address that is refused. One spoils them all: a connection might try any of them.
    pub(crate) fn refused(&self, mut addresses: impl Iterator<Item = IpAddr>) -> Option<IpAddr> {
        addresses.find(|address| !self.permit(*address))
    }
}

/// Whether an address is one of the public Internet, after the special-purpose registries of IANA (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = address.is_private()
        || address.is_loopback()
        // With the metadata services of the clouds.
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation();
    // This network, carrier-grade NAT, protocol assignments, benchmarking, reserved.
    let other = matches!(
        address.octets(),
        [0, ..] | [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] | [240..=255, ..]
    );
    !special && !other
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // IPv4 in IPv6, NAT64 and 6to4 lead to an IPv4 address.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Local NAT64, Teredo, documentation.
        [0x64, 0xff9b, 1, ..] | [0x2001, 0 | 0xdb8, ..] | [0x3fff, ..] => false,
        // Only 2000::/3 is given out; unique local, link-local and multicast addresses lie outside.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "203.0.113.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::10.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "64:ff9b:1::1",
            "2001::1",
            "2001:db8::1",
            "fec0::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "1.1.1.1",
            "93.184.216.34",
            "172.32.0.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn networks_are_read_and_written() {
        for (text, written) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("192.168.1.7", "192.168.1.7/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("fd00::/8", "fd00::/8"),
            ("::1", "::1/128"),
        ] {
            assert_eq!(network(text).to_string(), written);
        }
        for bad in [
            "",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10/8",
            "::/129",
            "::ffff:10.0.0.1",
            "localhost",
            "fd00::1/8",
        ] {
            assert_eq!(bad.parse::<Network>(), Err(NoNetwork), "{bad}");
        }
    }

    #[test]
    fn allowed_networks_are_allowed_and_nothing_beside_them() {
        let rules = AddressRules::new(&[network("10.1.0.0/16"), network("fd00:1::/32")], false);
        for good in ["10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3", "fd00:1::9", "1.1.1.1"] {
            assert!(rules.permit(good.parse().unwrap()), "{good}");
        }
        for bad in ["10.0.255.255", "10.2.0.0", "127.0.0.1", "fd00:2::1", "::10.1.2.3", "2002:a01:203::"] {
            assert!(!rules.permit(bad.parse().unwrap()), "{bad}");
        }
        assert!(AddressRules::new(&[], true).permit("127.0.0.1".parse().unwrap()));
        assert!(AddressRules::new(&[network("0.0.0.0/0")], false).permit("127.0.0.1".parse().unwrap()));
        assert!(!AddressRules::default().permit("::ffff:10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn one_bad_address_spoils_all() {
        let rules = AddressRules::default();
        let addresses: [IpAddr; 2] = ["1.1.1.1".parse().unwrap(), "127.0.0.1".parse().unwrap()];
        assert_eq!(rules.refused(addresses.into_iter()), Some(addresses[1]));
        assert_eq!(rules.refused(addresses.into_iter().take(1)), None);
    }
}
