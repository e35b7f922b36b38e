//! Credentials that are asked for: of instances, containers and roles.

use serde_json::json;

use super::*;
use crate::egress::testing::aws;

/// A server that answers as services of AWS do that give credentials, and one to be called with them.
async fn world() -> (String, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(vec![]));
    let kept = Arc::clone(&seen);
    let base = serve(move |request: String, mut stream| {
        kept.lock().unwrap().push(request.clone());
        async move {
            let (status, body) = answer(&request);
            let length = body.len();
            let text =
                format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
            let _ = stream.write_all(text.as_bytes()).await;
        }
    })
    .await;
    (base, seen)
}

fn answer(request: &str) -> (&'static str, String) {
    let has = |header: &str| request.to_lowercase().contains(&format!("\r\n{header}\r\n"));
    let given = |id: &str| {
        let body = json!({"Code": "Success", "AccessKeyId": id, "SecretAccessKey": "s", "Token": "session",
            "Expiration": "2100-01-01T00:00:00Z"});
        ("200 OK", body.to_string())
    };
    let target = request.split(' ').nth(1).unwrap();
    match target {
        "/latest/api/token" if request.starts_with("PUT") => ("200 OK", "v2-session\n".to_owned()),
        "/latest/meta-data/iam/security-credentials/" if has("x-aws-ec2-metadata-token: v2-session") => {
            ("200 OK", "web-role\n".to_owned())
        }
        "/latest/meta-data/iam/security-credentials/web-role"
            if has("x-aws-ec2-metadata-token: v2-session") =>
        {
            given("ASIAINSTANCE")
        }
        "/task" if has("authorization: pod-token") => given("ASIATASK"),
        "/" if request.contains("Action=AssumeRole") => {
            let fitting = (request.contains("Credential=AKIASOURCE/")
                && request.contains("ExternalId=ext%2D1"))
                || (request.contains("Credential=ASIAROLE/") && request.contains("role%2Fouter"))
                || request.contains("WebIdentityToken=jwt%2Ea%2Eb");
            if !fitting {
                let error = "<Error><Code>AccessDenied</Code><Message>not yours</Message></Error>";
                return ("403 Forbidden", error.to_owned());
            }
            let body = "<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                <SessionToken>session</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>";
            ("200 OK", body.to_owned())
        }
        "/call" => ("200 OK", "{}".to_owned()),
        _ => ("404 Not Found", String::new()),
    }
}

fn call() -> AwsRequest {
    AwsRequest {
        method: Method::POST,
        path: "/call".to_owned(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        timeout: Duration::from_secs(5),
    }
}

/// Calls twice, and gives the access key that it was signed with, and how many requests there were before.
async fn signed_with(base: &str, seen: &Mutex<Vec<String>>, variables: &[(&str, &str)]) -> (String, usize) {
    let aws = aws(&[&[("AWS_ENDPOINT_URL", base)], variables].concat());
    aws.call("sns", "us-east-1", call()).await.unwrap();
    aws.call("sns", "us-east-1", call()).await.unwrap();
    let all = std::mem::take(&mut *seen.lock().unwrap());
    let calls: Vec<&String> = all.iter().filter(|request| request.starts_with("POST /call")).collect();
    assert_eq!(calls.len(), 2);
    let token = calls[0].to_lowercase().contains("\r\nx-amz-security-token: session\r\n");
    let id = calls[1].split("Credential=").nth(1).unwrap().split('/').next().unwrap();
    assert!(token, "{}", calls[0]);
    (id.to_owned(), all.len() - calls.len())
}

#[tokio::test]
async fn an_instance_is_asked_with_a_session_and_once() {
    let (base, seen) = world().await;
    let found = signed_with(&base, &seen, &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &base)]).await;
    assert_eq!(found, ("ASIAINSTANCE".to_owned(), 3));
}

#[tokio::test]
async fn a_container_is_asked_with_the_token_in_its_file() {
    let (base, seen) = world().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "pod-token\n").unwrap();
    let url = format!("{base}/task");
    let variables = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.to_str().unwrap()),
    ];
    assert_eq!(signed_with(&base, &seen, &variables).await, ("ASIATASK".to_owned(), 1));
}

#[tokio::test]
async fn roles_are_assumed_one_after_the_other() {
    let (base, seen) = world().await;
    let folder = tempfile::tempdir().unwrap();
    let (config, token) = (folder.path().join("config"), folder.path().join("token"));
    std::fs::write(&token, "jwt.a.b").unwrap();
    let text = format!(
        "[profile base]\naws_access_key_id = AKIASOURCE\naws_secret_access_key = s\n\
        [profile inner]\nrole_arn = arn:aws:iam::1:role/inner\nsource_profile = base\nexternal_id = ext-1\n\
        [profile outer]\nrole_arn = arn:aws:iam::1:role/outer\nsource_profile = inner\n\
        [profile web]\nrole_arn = arn:aws:iam::1:role/web\nweb_identity_token_file = {}\n\
        [profile astray]\nrole_arn = arn:aws:iam::1:role/astray\nsource_profile = base\n\
        [profile circle]\nrole_arn = arn:aws:iam::1:role/circle\nsource_profile = circle2\n\
        [profile circle2]\nrole_arn = arn:aws:iam::1:role/circle\nsource_profile = circle\n\
        [profile person]\nrole_arn = arn:aws:iam::1:role/p\nsource_profile = base\nmfa_serial = x\n\
        [profile instance]\nrole_arn = arn:aws:iam::1:role/outer\ncredential_source = Ec2InstanceMetadata\n",
        token.display()
    );
    std::fs::write(&config, text).unwrap();
    let files = ("AWS_CONFIG_FILE", config.to_str().unwrap());
    for (profile, asked) in [("inner", 1), ("outer", 2), ("web", 1)] {
        let found = signed_with(&base, &seen, &[files, ("AWS_PROFILE", profile)]).await;
        assert_eq!(found, ("ASIAROLE".to_owned(), asked), "{profile}");
    }
    let pod = [
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/web"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
    ];
    assert_eq!(signed_with(&base, &seen, &pod).await, ("ASIAROLE".to_owned(), 1));
    for (profile, why) in [
        ("astray", "role `arn:aws:iam::1:role/astray` cannot be assumed: HTTP status 403: not yours"),
        ("circle", "profile `circle2` is the end of too long a chain of profiles"),
        ("person", "profile `person` wants a code of a person's device, which a server has not"),
        ("instance", "HTTP status 403: not yours"),
    ] {
        let metadata = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", base.as_str());
        let aws = aws(&[("AWS_ENDPOINT_URL", &*base), files, metadata, ("AWS_PROFILE", profile)]);
        seen.lock().unwrap().clear();
        let error = aws.call("sns", "us-east-1", call()).await.unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        // Nobody is asked again at once.
        let asked = seen.lock().unwrap().len();
        aws.call("sns", "us-east-1", call()).await.unwrap_err();
        assert_eq!(seen.lock().unwrap().len(), asked);
    }
}
