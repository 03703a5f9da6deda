//! The entry of every request.

use super::{
    account, characters, door, http, pages, realm,
    routes::{self, Matched, Route},
};
use crate::{config::Config, runtime::settings, service};
use serde::Serialize;
use shardlink_shared::{ErrorCode, protocol::world::ShardStatus};
use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
    let path = request.path();
    let method = request.inner().method();
    match routes::find(&method, &path) {
        Matched::Page => pages::serve(&request, &env).await,
        Matched::NotFound => http::problem(&ErrorCode::NotFound.into(), &path),
        Matched::WrongMethod(methods) => {
            let mut response = http::problem(&ErrorCode::MethodNotAllowed.into(), &path)?;
            response.headers_mut().set("Allow", &methods.join(", "))?;
            Ok(response)
        }
        Matched::Route(route, id) => match settings::read(&env) {
            Ok(config) => perform(route, id, request, &env, &config, &path).await,
            Err(refusal) => http::problem(&refusal, &path),
        },
    }
}

async fn perform(
    route: Route,
    id: Option<&str>,
    request: Request,
    env: &Env,
    config: &Config,
    path: &str,
) -> Result<Response> {
    match route {
        Route::Register => respond(201, account::register(request, env, config).await, path),
        Route::Login => respond(200, account::login(request, env, config).await, path),
        Route::ScramStart => respond(200, account::scram_start(request, env, config).await, path),
        Route::ScramFinish => respond(200, account::scram_finish(request, env, config).await, path),
        Route::ScramRegister => respond(201, account::scram_register(request, env, config).await, path),
        Route::Logout => respond(200, account::logout(request, env, config).await, path),
        Route::Session => respond(200, account::session(request, env, config).await, path),
        Route::ListCharacters => respond(200, characters::list(request, env, config).await, path),
        Route::CreateCharacter => respond(201, characters::create(request, env, config).await, path),
        Route::SelectCharacter => respond(200, characters::select(request, env, config).await, path),
        Route::DeleteCharacter => respond(200, characters::delete(request, env, config, id).await, path),
        Route::Ticket => respond(200, characters::ticket(request, env, config).await, path),
        Route::WorldState => respond(200, realm::state(env).await, path),
        Route::WorldShards => respond(200, Ok(ShardStatus::beginning()), path),
        Route::Status => respond(200, realm::status(env).await, path),
        Route::Health => Response::ok("ok\n"),
        Route::Socket => match door::open(&request, env, config).await {
            Ok(response) => Ok(response),
            Err(refusal) => http::problem(&refusal, path),
        },
        Route::Panic => respond(200, account::panic(config), path),
    }
}

fn respond<T: Serialize>(status: u16, answer: service::Result<T>, path: &str) -> Result<Response> {
    match answer {
        Ok(body) => http::answer(status, &body),
        Err(refusal) => http::problem(&refusal, path),
    }
}
