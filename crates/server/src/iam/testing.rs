//! IAM, STS and SNS without HTTP and signatures, for tests: parameters in, XML out.

use std::sync::Arc;

use tempfile::TempDir;
use thingwarden_engine::time::Timestamp;

use super::{Credentials, Cx};
use crate::auth::{Caller, Credential};
use crate::query::Reply;

pub(crate) const ACCOUNT: &str = "123456789012";
/// Allows everything.
pub(crate) const ADMIN: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

/// An answer, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Answer(Reply);

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.0.status
    }

    pub(crate) fn body(&self) -> &str {
        &self.0.body
    }

    /// The texts of all elements of this name.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let pieces = self.0.body.split(&open).skip(1);
        pieces.map(|piece| piece.split(&close).next().unwrap().to_owned()).collect()
    }

    /// The text of the only element of this name.
    pub(crate) fn text(&self, name: &str) -> String {
        let texts = self.texts(name);
        assert_eq!(texts.len(), 1, "{name} in {}", self.0.body);
        texts.into_iter().next().unwrap()
    }
}

/// A server with an empty account.
pub(crate) struct Server {
    _folder: TempDir,
    runtime: tokio::runtime::Runtime,
    credentials: Credentials,
    pub(crate) cx: Cx,
}

impl Server {
    pub(crate) fn new() -> Self {
        let (folder, app) = crate::api::testing::app();
        let credentials = Credentials::new(app.store.clone(), vec![]);
        let cx = Cx {
            app: Arc::new(app),
            caller: Arc::new(Caller::root(ACCOUNT)),
            request_id: "request".into(),
            now: Timestamp::parse("2026-01-01T00:00:00Z").unwrap(),
            source_ip: "192.0.2.1".parse().unwrap(),
            secure: false,
            user_agent: None,
            region: "us-east-1".into(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Self { _folder: folder, runtime, credentials, cx }
    }

    /// Lets time pass.
    pub(crate) fn advance_seconds(&mut self, seconds: i64) {
        self.cx.now = Timestamp::from_millis(self.cx.now.millis() + seconds * 1000);
    }

    /// Speaks as the owner of an access key from here on.
    pub(crate) fn speak_as(&mut self, access_key_id: &str) {
        self.cx.caller = self.credential(access_key_id).expect("the access key can be used").owner;
    }

    /// Speaks as the account itself.
    pub(crate) fn speak_as_root(&mut self) {
        self.cx.caller = Arc::new(Caller::root(ACCOUNT));
    }

    /// Uses an access key for AWS IoT.
    pub(crate) fn note_use(&self, access_key_id: &str) {
        let write = self.credentials.use_to_write(access_key_id, "iot", "us-east-1", self.cx.now);
        write.map_or(Ok(()), |write| self.runtime.block_on(write)).unwrap();
    }

    pub(crate) fn credential(&self, access_key_id: &str) -> Option<Credential<Arc<Caller>>> {
        self.credentials.look_up(access_key_id).unwrap()
    }

    /// The answer of IAM to an encoded form.
    pub(crate) fn raw(&self, form: &str) -> Answer {
        Answer(self.runtime.block_on(super::handle(self.cx.clone(), form.as_bytes())))
    }

    /// The answer of IAM.
    pub(crate) fn ask(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.raw(&encoded(action, parameters))
    }

    /// The answer of IAM when all is well.
    pub(crate) fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        ok(action, self.ask(action, parameters))
    }

    /// The status and code of IAM's error.
    pub(crate) fn error(&self, action: &str, parameters: &[(&str, &str)]) -> (u16, String) {
        error(self.ask(action, parameters))
    }

    /// The answer of STS when all is well.
    pub(crate) fn sts(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        ok(action, self.ask_sts(action, parameters))
    }

    /// The status and code of STS's error.
    pub(crate) fn sts_error(&self, action: &str, parameters: &[(&str, &str)]) -> (u16, String) {
        error(self.ask_sts(action, parameters))
    }

    /// The answer of STS.
    pub(crate) fn ask_sts(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let form = encoded(action, parameters);
        Answer(self.runtime.block_on(crate::sts::handle(self.cx.clone(), form.as_bytes())))
    }

    /// The answer of SNS when all is well.
    pub(crate) fn sns(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        ok(action, self.ask_sns(action, parameters))
    }

    /// The status and code of SNS's error.
    pub(crate) fn sns_error(&self, action: &str, parameters: &[(&str, &str)]) -> (u16, String) {
        error(self.ask_sns(action, parameters))
    }

    /// The answer of SNS.
    pub(crate) fn ask_sns(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let form = encoded(action, parameters);
        Answer(self.runtime.block_on(crate::sns::handle(self.cx.clone(), form.as_bytes())))
    }

    /// A user with one inline policy and an access key, whose id is given back.
    pub(crate) fn user(&self, name: &str, policy: &str) -> String {
        self.call("CreateUser", &[("UserName", name)]);
        self.call("PutUserPolicy", &[("UserName", name), ("PolicyName", "p"), ("PolicyDocument", policy)]);
        self.call("CreateAccessKey", &[("UserName", name)]).text("AccessKeyId")
    }

    /// A role with this trust policy.
    pub(crate) fn role(&self, name: &str, trust: &str) -> String {
        self.call("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", trust)]).text("Arn")
    }
}

fn encoded(action: &str, parameters: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", action).extend_pairs(parameters).finish()
}

fn ok(action: &str, answer: Answer) -> Answer {
    assert_eq!(answer.status(), 200, "{action}: {}", answer.body());
    answer
}

fn error(answer: Answer) -> (u16, String) {
    (answer.status(), answer.text("Code"))
}
