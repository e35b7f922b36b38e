//! Mails, handed to the mail server of the configuration.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message as Mail, Tokio1Executor};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::attempt::Failure;
use crate::api::App;
use crate::config::{Notifications, SmtpTls};
use crate::sns::Document;

/// For a mail to be taken.
const TIME_MAX: Duration = Duration::from_secs(60);
/// What SNS writes over a message without a subject.
const NO_SUBJECT: &str = "AWS Notification Message";
const PASSWORD_BYTES_MAX: usize = 1024;

/// Sends mails. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Mailer {
    /// None when the configuration names no mail server.
    ///
    /// # Errors
    /// When the password or the trust anchors cannot be read.
    pub(crate) fn open(settings: &Notifications) -> anyhow::Result<Option<Self>> {
        let (Some(server), Some(from)) = (&settings.smtp_server, &settings.smtp_from) else {
            return Ok(None);
        };
        let from = from.as_str().parse().context("`notifications.smtp_from` is no mail address")?;
        let server: http::uri::Authority =
            server.as_str().parse().context("`notifications.smtp_server` is no host")?;
        let host = server.host().trim_matches(['[', ']']);
        let (tls, port) = match settings.smtp_tls {
            SmtpTls::StartTls => (Tls::Required(parameters(host, settings.ca_bundle.as_deref())?), 587),
            SmtpTls::Tls => (Tls::Wrapper(parameters(host, settings.ca_bundle.as_deref())?), 465),
            SmtpTls::None => (Tls::None, 25),
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(server.port_u16().unwrap_or(port))
            .tls(tls)
            .timeout(Some(TIME_MAX));
        if let (Some(user), Some(file)) = (&settings.smtp_user, &settings.smtp_password_file) {
            let password = password(file)?;
            transport =
                transport.credentials(Credentials::new(user.as_str().to_owned(), password.to_string()));
        }
        Ok(Some(Self { transport: transport.build(), from }))
    }
}

fn parameters(host: &str, ca_bundle: Option<&Path>) -> anyhow::Result<TlsParameters> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(path) = ca_bundle {
        let name = || format!("`notifications.ca_bundle`: `{}`", path.display());
        let certificates =
            Certificate::from_pem(&std::fs::read(path).with_context(name)?).with_context(name)?;
        parameters = parameters.add_root_certificate(certificates);
    }
    parameters.build_rustls().context("TLS with the mail server")
}

fn password(file: &Path) -> anyhow::Result<Zeroizing<String>> {
    let name = || format!("`notifications.smtp_password_file`: `{}`", file.display());
    let text = Zeroizing::new(std::fs::read_to_string(file).with_context(name)?);
    let password = text.trim_end_matches(['\r', '\n']);
    ensure!(
        (1..=PASSWORD_BYTES_MAX).contains(&password.len()),
        "{}: no password, or a very long one",
        name()
    );
    Ok(Zeroizing::new(password.to_owned()))
}

/// Sends a document as a mail for people.
pub(super) async fn send(app: &App, to: &str, document: &Document) -> Result<(), Failure> {
    let Some(mailer) = &app.mailer else {
        return Err(Failure::permanent("there is no mail server: `notifications.smtp_server` is not set"));
    };
    let to: Mailbox = to.parse().map_err(|_| Failure::permanent("the endpoint is no mail address"))?;
    let (subject, text) = words(document);
    let mail =
        Mail::builder().from(mailer.from.clone()).to(to).subject(subject).header(ContentType::TEXT_PLAIN);
    let mail = mail
        .body(text)
        .map_err(|error| Failure::permanent(format!("the mail cannot be written: {error}")))?;
    match timeout(TIME_MAX, mailer.transport.send(mail)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(Failure { why: error.to_string(), is_permanent: error.is_permanent() }),
        Err(_) => Err(Failure::passing(format!("no answer within {} seconds", TIME_MAX.as_secs()))),
    }
}

/// Subject and text.
fn words(document: &Document) -> (String, String) {
    if let Some(url) = &document.subscribe_url {
        return (
            "AWS Notification - Subscription Confirmation".to_owned(),
            format!("{}\n\n{url}\n", document.message),
        );
    }
    let subject = document.subject.as_deref().unwrap_or(NO_SUBJECT);
    // What would end a header ends the subject.
    let subject = subject.lines().next().unwrap_or_default().to_owned();
    let mut text = document.message.clone();
    if let Some(url) = &document.unsubscribe_url {
        text.push_str("\n\n--\nIf you do not want to get these messages any more, open this address:\n");
        text.push_str(url);
        text.push('\n');
    }
    (subject, text)
}
