//! Tags of resources, through the API.

use serde_json::json;
use thingwarden_wire::Code;
use thingwarden_wire::types::Tag;

use super::check;
use crate::api::testing::Api;

fn tag(key: &str) -> Tag {
    Tag { key: key.to_owned(), value: None }
}

#[test]
fn keys_are_unique_and_not_awss() {
    assert_eq!(check(vec![tag("a"), tag("b")]).unwrap().len(), 2);
    for refused in [vec![tag("a"), tag("a")], vec![tag("aws:a")], vec![tag("AWS:")]] {
        assert_eq!(check(refused).unwrap_err().told.code, Code::InvalidRequestException);
    }
}

#[test]
fn only_what_exists_and_can_have_tags_has_tags() {
    let api = Api::new();
    let code = |arn: &str| api.error("ListTagsForResource", json!({"resourceArn": arn}));
    assert_eq!(code("t"), Code::InvalidRequestException);
    assert_eq!(code("arn:aws:iot:us-east-1:123456789012:thing/t"), Code::InvalidRequestException);
    assert_eq!(code("arn:aws:iot:us-east-1:123456789012:cert/c"), Code::InvalidRequestException);
    assert_eq!(code("arn:aws:iot:us-east-1:123456789012:policy/p"), Code::ResourceNotFoundException);
    assert_eq!(code("arn:aws:iot:us-east-2:123456789012:policy/p"), Code::ResourceNotFoundException);
}
