//! The entry of every request.

use super::{
    account, admin,
    bodies::Known,
    characters, door,
    http::{self, Input},
    kept::Kept,
    pages, parties, realm,
    routes::{self, Endpoint, Matched, Route, endpoint},
};
use crate::{config::Config, runtime::settings, service};
use shardlink_shared::{ErrorCode, crypto::token};
use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
    let path = request.path();
    let method = request.inner().method();
    let config = match settings::read(&env) {
        Ok(config) => config,
        Err(refusal) => return http::problem(&refusal, &path),
    };
    let origin = http::origin(&request, &config);
    let found = routes::find(&method, &path);
    if method == "OPTIONS" {
        return http::options(found, &request, &origin, &path);
    }
    let mut response = match found {
        // The hub answers for a socket, and `door.rs` has the rule of origins for sockets.
        Matched::Socket => {
            return match door::open(&request, &env, &config).await {
                Ok(response) => Ok(response),
                Err(refusal) => http::problem(&refusal, &path),
            };
        }
        Matched::Page => pages::serve(&request, &env).await?,
        Matched::Health => Response::ok("ok\n")?,
        Matched::NotFound => http::problem(&ErrorCode::NotFound.into(), &path)?,
        Matched::Stop if may_stop(&request, &config) => match service::stop(&env).await {
            Ok(()) => Response::empty()?.with_status(204),
            Err(refusal) => http::problem(&refusal, &path)?,
        },
        Matched::Stop => http::problem(&ErrorCode::NotFound.into(), &path)?,
        Matched::Panic if config.test_panic => panic!("a test asked for this"),
        Matched::Panic => http::problem(&ErrorCode::NotFound.into(), &path)?,
        Matched::OtherMethods(methods) => {
            let mut response = http::problem(&ErrorCode::MethodNotAllowed.into(), &path)?;
            response.headers_mut().set("Allow", &routes::allow(&methods))?;
            response
        }
        Matched::Route(route, id) => perform(route, id, &request, &env, &config).await?,
    };
    http::share(&mut response, &origin)?;
    Ok(response)
}

/// Whether `serve` asks: it draws a token for each run.
fn may_stop(request: &Request, config: &Config) -> bool {
    let shown = request.headers().get("Authorization").ok().flatten().unwrap_or_default();
    let token = shown.strip_prefix("Bearer ").unwrap_or_default();
    config.stop_token.as_ref().is_some_and(|expected| token::same(token, expected))
}

async fn perform(route: Route, id: Option<&str>, request: &Request, env: &Env, config: &Config) -> Result<Response> {
    let call = Call { request, id, env, config };
    match route {
        Route::Register => call.serve::<endpoint::Register>(account::register).await,
        Route::Login => call.serve::<endpoint::Login>(account::login).await,
        Route::ScramRegister => call.serve::<endpoint::ScramRegister>(account::scram_register).await,
        Route::ScramStart => call.serve::<endpoint::ScramStart>(account::scram_start).await,
        Route::ScramFinish => call.serve::<endpoint::ScramFinish>(account::scram_finish).await,
        Route::Logout => call.serve::<endpoint::Logout>(account::logout).await,
        Route::Session => call.serve::<endpoint::Session>(account::session).await,
        Route::Refresh => call.serve::<endpoint::Refresh>(account::refresh).await,
        Route::ChangePassword => call.serve::<endpoint::ChangePassword>(account::change_password).await,
        Route::DeleteAccount => call.serve::<endpoint::DeleteAccount>(account::delete_account).await,
        Route::ListCharacters => call.serve::<endpoint::ListCharacters>(characters::list).await,
        Route::CreateCharacter => call.serve::<endpoint::CreateCharacter>(characters::create).await,
        Route::SelectCharacter => call.serve::<endpoint::SelectCharacter>(characters::select).await,
        Route::Inventory => call.serve::<endpoint::Inventory>(characters::inventory).await,
        Route::DeleteCharacter => call.serve::<endpoint::DeleteCharacter>(characters::delete).await,
        Route::Ticket => call.serve::<endpoint::Ticket>(characters::ticket).await,
        Route::PartyCreate => call.serve::<endpoint::PartyCreate>(parties::create).await,
        Route::PartyInvite => call.serve::<endpoint::PartyInvite>(parties::invite).await,
        Route::PartyLeave => call.serve::<endpoint::PartyLeave>(parties::leave).await,
        Route::Party => call.serve::<endpoint::Party>(parties::get).await,
        Route::AdminMute => call.serve::<endpoint::AdminMute>(admin::mute).await,
        Route::AdminAnnounce => call.serve::<endpoint::AdminAnnounce>(admin::announce).await,
        Route::Realm => call.serve_kept::<endpoint::Realm>(&realm::CANON).await,
        Route::WorldState => call.serve::<endpoint::WorldState>(realm::state).await,
        Route::WorldShards => call.serve::<endpoint::WorldShards>(realm::shards).await,
        Route::WorldEvents => call.serve::<endpoint::WorldEvents>(realm::events).await,
        Route::Status => call.serve::<endpoint::Status>(realm::status).await,
        Route::Ready => call.serve::<endpoint::Ready>(realm::ready).await,
    }
}

/// A request on its way to its handler.
struct Call<'a> {
    request: &'a Request,
    id: Option<&'a str>,
    env: &'a Env,
    config: &'a Config,
}

impl Call<'_> {
    /// Reads the route's input and answers with its handler's output. A handler whose types
    /// differ from the table's does not compile.
    async fn serve<E: Endpoint>(
        self,
        handler: impl AsyncFnOnce(Input<E::Body>, &Env, &Config) -> service::Result<E::Answer>,
    ) -> Result<Response> {
        let path = self.request.path();
        let answer = match http::input::<E>(self.request, self.id, self.env, self.config).await {
            Ok(input) => handler(input, self.env, self.config).await,
            Err(refusal) => Err(refusal),
        };
        match answer {
            Ok(body) => http::answer(E::ENTRY.status, &body),
            Err(refusal) => http::problem(&refusal, &path),
        }
    }

    /// Answers with what is the same for everybody until another build of the server runs.
    async fn serve_kept<E: Endpoint<Body = Known>>(self, kept: &Kept<E::Answer>) -> Result<Response> {
        match http::input::<E>(self.request, self.id, self.env, self.config).await {
            Ok(input) => {
                let if_none_match = self.request.headers().get("If-None-Match")?;
                http::kept(&kept.answer(input.body.hash.as_deref(), if_none_match.as_deref()))
            }
            Err(refusal) => http::problem(&refusal, &self.request.path()),
        }
    }
}
