//! Connections without TLS.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::broker::plain;

const CONNECT: &[u8] = b"\x10\x10\0\x04MQTT\x04\x02\0\x3c\0\x04lamp";

#[test]
fn a_client_of_another_machine_hears_nothing() {
    let house = House::new(&[]);
    house.runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        for (peer, is_local) in [
            ("192.0.2.1:5", false),
            ("[2001:db8::1]:5", false),
            ("127.8.8.8:5", true),
            ("[::1]:5", true),
            ("[::ffff:127.0.0.1]:5", true),
        ] {
            let mut client = TcpStream::connect(address).await.unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            client.write_all(CONNECT).await.unwrap();
            let place = house.broker.places.knock().await;
            let served = plain::open(stream, peer.parse().unwrap(), Arc::clone(&house.broker), place);
            let mut answer = vec![];
            // What is not read makes the end a reset.
            let (_, _) = tokio::join!(served, client.read_to_end(&mut answer));
            // Nobody vouches for it: AWS's code for that.
            let expected: &[u8] = if is_local { b"\x20\x02\0\x07" } else { b"" };
            assert_eq!(answer, expected, "{peer}");
        }
    });
    let refused = house.broker.app.activity.refusals.find(&house.broker.home, |_| true);
    let heard: Vec<_> =
        refused.iter().map(|one| (one.client_id.as_deref(), one.address.to_string())).collect();
    let expected = ["127.0.0.1", "::1", "127.8.8.8"].map(|address| (Some("lamp"), address.to_owned()));
    assert_eq!(heard, expected);
}
