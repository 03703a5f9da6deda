//! What JavaScript calls about its account: signing up, in and out, changing the password, and
//! deleting the account. No password leaves the browser.

use super::{
    exports::{RawClient, promise},
    http::Request,
    perform::Shell,
    runtime::Browser,
    stretch::stretch,
    value::to_js,
};
use crate::logic::{
    failure::Failure,
    rest::{Account, Registered, path},
    sign_in::{
        Credentials, Finish, NewPassword, PasswordChanged, Proving, SignIn, SignUp, SignedIn, Started, sign_up,
    },
};
use js_sys::Promise;
use wasm_bindgen::prelude::*;

/// Prepares the proof that the password is known. Gives what the server must prove in turn, and
/// what to send to it.
async fn prove(shell: &Shell, known: &Credentials) -> Result<(Proving, Finish), Failure> {
    let (sign_in, start) = SignIn::new(&known.username, &mut Browser);
    let answered = Request::post(&shell.server, path::SCRAM_START).json(&start).send().await?;
    let challenged = sign_in.challenged(answered.read::<Started>()?)?;
    let salted = stretch(&known.password, challenged.challenge).await;
    challenged.stretched(&salted)
}

/// The same for the account that is signed in.
async fn prove_own(shell: &Shell, password: &str) -> Result<(Proving, Finish), Failure> {
    let account = shell.send_signed(Request::get(&shell.server, path::SESSION)).await?.read::<Account>()?;
    let known = Credentials::parse(account.username.as_str(), password)?;
    prove(shell, &known).await
}

#[wasm_bindgen]
impl RawClient {
    /// Makes an account. The password stays here: the server learns only what it needs to check
    /// it.
    pub fn register(&self, username: String, password: String) -> Promise {
        promise(&self.shell, |shell| async move {
            let wanted = Credentials::parse(&username, &password)?;
            let challenge = sign_up(&mut Browser);
            let salted = stretch(&wanted.password, challenge).await;
            let body = SignUp::new(&wanted.username, challenge, &salted);
            let answered = Request::post(&shell.server, path::SCRAM_REGISTER).json(&body).send().await?;
            to_js(&answered.read::<Registered>()?)
        })
    }

    /// Signs in. The password stays here: both sides prove what they know.
    pub fn connect(&self, username: String, password: String) -> Promise {
        promise(&self.shell, |shell| async move {
            let known = Credentials::parse(&username, &password)?;
            let (proving, finish) = prove(&shell, &known).await?;
            let answered = Request::post(&shell.server, path::SCRAM_FINISH).json(&finish).send().await?;
            match proving.judge(answered.read::<SignedIn>()?) {
                Ok((token, account)) => {
                    // Leaves the world of the earlier session, which this sign-in replaces.
                    shell.leave();
                    shell.signed_in(token);
                    to_js(&account)
                }
                Err(unproved) => {
                    shell.disown(unproved);
                    Err(Failure::bad_server_proof())
                }
            }
        })
    }

    /// The account that is still signed in, or null.
    pub fn restore(&self) -> Promise {
        promise(&self.shell, |shell| async move {
            match shell.send_signed(Request::get(&shell.server, path::SESSION)).await {
                Ok(answered) => to_js(&answered.read::<Account>()?),
                Err(failure) if failure.ends_session() => Ok(JsValue::NULL),
                Err(failure) => Err(failure),
            }
        })
    }

    /// Signs out. This client forgets the session at once, without waiting for the server.
    pub fn disconnect(&self) -> Promise {
        self.shell.leave();
        let token = self.shell.forget_token();
        promise(&self.shell, |shell| async move {
            let Some(token) = token else {
                return Ok(JsValue::UNDEFINED);
            };
            let answered = shell.log_out(&token).await?;
            match answered.answer().success() {
                Err(failure) if !failure.ends_session() => Err(failure),
                _ => Ok(JsValue::UNDEFINED),
            }
        })
    }

    /// Changes the password; this session stays, the account's others end. Neither password
    /// leaves the browser.
    #[wasm_bindgen(js_name = changePassword)]
    pub fn change_password(&self, old: String, new: String) -> Promise {
        promise(&self.shell, |shell| async move {
            // The new password is judged before any work is done; the user name here only fills
            // a place.
            let new = Credentials::parse("new", &new)?.password;
            let (proving, finish) = prove_own(&shell, &old).await?;
            let challenge = sign_up(&mut Browser);
            let salted = stretch(&new, challenge).await;
            let body = NewPassword::new(finish, challenge, &salted);
            let request = Request::post(&shell.server, path::PASSWORD).json(&body);
            let changed = shell.send_signed(request).await?.read::<PasswordChanged>()?;
            if proving.is_proved(&changed) { Ok(JsValue::UNDEFINED) } else { Err(Failure::bad_server_proof()) }
        })
    }

    /// Deletes the account with everything that belongs to it.
    #[wasm_bindgen(js_name = deleteAccount)]
    pub fn delete_account(&self, password: String) -> Promise {
        promise(&self.shell, |shell| async move {
            let (_, finish) = prove_own(&shell, &password).await?;
            shell.send_signed(Request::delete(&shell.server, path::ACCOUNT).json(&finish)).await?;
            shell.leave();
            shell.forget_token();
            Ok(JsValue::UNDEFINED)
        })
    }
}
