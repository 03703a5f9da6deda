//! The static pages, out of the assets binding or a disk service of that name.

use super::{
    cf,
    page_path::{self, Page},
    site::{Answer, LIST, Site},
};
use crate::runtime::clock;
use shardlink_shared::time::Millis;
use std::{cell::RefCell, rc::Rc};
use worker::{EncodeBody, Env, Headers, Request, Response, Result, Url, console_error};

/// What a page of ours may do: run our own scripts and WebAssembly, and connect
/// to us. Nothing inline, nothing from elsewhere, no frames.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// For so many milliseconds the list of files is not read again. A build may change it under a
/// server that runs.
const LIST_LIFE: u64 = 1_000;

thread_local! {
    static SITE: RefCell<Option<(Millis, Rc<Site>)>> = const { RefCell::new(None) };
}

/// Serves a file.
pub async fn serve(request: &Request, env: &Env) -> Result<Response> {
    let url = request.url()?;
    let path = match page_path::find(url.path()) {
        Page::File(path) => path,
        Page::Folder(path) => {
            let mut response = Response::empty()?.with_status(308);
            response.headers_mut().set("Location", &path)?;
            return Ok(response);
        }
        Page::Nothing => return no_page(),
    };
    let Some(site) = site(&url, env).await? else { return no_page() };
    let header = |name: &str| request.headers().get(name).ok().flatten();
    // Cloudflare and `wrangler dev` put their own `Accept-Encoding` in place of the client's.
    let accept = cf::text(request, "clientAcceptEncoding").or_else(|| header("Accept-Encoding")).unwrap_or_default();
    let Some(answer) = site.answer(&path, &accept, header("If-None-Match").as_deref()) else { return no_page() };
    let mut response = match &answer.file {
        Some(file) => match fetch(&url, file, env).await? {
            Some(file) => send(&file, &answer)?,
            None => return no_page(),
        },
        None => Response::empty()?.with_status(304),
    };
    let headers = response.headers_mut();
    headers.set("ETag", &answer.etag)?;
    headers.set("Cache-Control", answer.cache_control)?;
    headers.set("Vary", "Accept-Encoding")?;
    protect(headers)?;
    Ok(response)
}

/// A file as it lies there: one that is compressed must not be compressed again.
fn send(file: &Response, answer: &Answer) -> Result<Response> {
    let mut response = Response::from_body(file.body().clone())?;
    response.headers_mut().set("Content-Type", answer.content_type)?;
    match answer.coding {
        Some(coding) => {
            response.headers_mut().set("Content-Encoding", coding.name())?;
            Ok(response.with_encode_body(EncodeBody::Manual))
        }
        None => Ok(response),
    }
}

/// The list of files; `None` where there is none that can be read.
async fn site(url: &Url, env: &Env) -> Result<Option<Rc<Site>>> {
    let now = clock::now();
    // A moment in the future is from before the clock was set back.
    let is_fresh = |at: Millis| now >= at && now.since(at) < LIST_LIFE;
    let known = SITE.with_borrow(|site| site.as_ref().filter(|(at, _)| is_fresh(*at)).map(|(_, site)| site.clone()));
    if known.is_some() {
        return Ok(known);
    }
    let list = match fetch(url, LIST, env).await? {
        Some(mut file) => file.text().await?,
        None => String::new(),
    };
    match Site::read(&list) {
        Ok(site) => {
            let site = Rc::new(site);
            SITE.set(Some((now, site.clone())));
            Ok(Some(site))
        }
        Err(error) => {
            console_error!("{LIST} of the built site cannot be read, so there are no pages: {error}");
            Ok(None)
        }
    }
}

/// A file of the build's folder, if it is there.
async fn fetch(url: &Url, path: &str, env: &Env) -> Result<Option<Response>> {
    let mut url = url.clone();
    url.set_query(None);
    url.set_path(path);
    let file = env.assets("ASSETS")?.fetch(url.as_str(), None).await?;
    Ok(Some(file).filter(|file| file.status_code() == 200))
}

fn no_page() -> Result<Response> {
    let mut response = Response::ok("There is no such page.\n")?.with_status(404);
    let headers = response.headers_mut();
    headers.set("Content-Type", "text/plain; charset=utf-8")?;
    protect(headers)?;
    Ok(response)
}

fn protect(headers: &mut Headers) -> Result<()> {
    headers.set("Content-Security-Policy", CONTENT_SECURITY_POLICY)?;
    headers.set("X-Content-Type-Options", "nosniff")?;
    headers.set("Referrer-Policy", "no-referrer")?;
    headers.set("Cross-Origin-Opener-Policy", "same-origin")
}
