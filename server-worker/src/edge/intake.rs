//! Reads a body in pieces, up to a cap and within a time. A body that is too long or too slow
//! is cancelled, not read to its end.

use shardlink_shared::{ErrorCode, Refusal, limits::MAX_REST_BODY};
use std::{future::poll_fn, pin::pin, task::Poll};

/// The source of a body.
#[allow(async_fn_in_trait)] // One thread: no future of ours has to be Send.
pub trait Source {
    /// The next piece; `None` after the last one, an error if the client is gone.
    async fn next(&mut self) -> Option<Result<Vec<u8>, Gone>>;

    /// Stops reading: the runtime discards the rest.
    fn cancel(&mut self);
}

/// The client left before its body was complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

/// Reads a body as text, until `timeout` ends.
///
/// # Errors
/// TOO_LARGE as soon as it is longer than [`MAX_REST_BODY`], also by its own announcement
/// (`Content-Length`); REQUEST_TIMEOUT; MALFORMED for what is cut off or no UTF-8.
pub async fn text(
    source: &mut impl Source,
    announced: Option<&str>,
    timeout: impl Future<Output = ()>,
) -> Result<String, Refusal> {
    // A `Content-Length` that is no number is ignored: the pieces are counted.
    let announced = announced.and_then(|length| length.trim().parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_REST_BODY as u64) {
        source.cancel();
        return Err(too_large());
    }
    let mut timeout = pin!(timeout);
    let mut bytes = Vec::new();
    loop {
        let piece = {
            let mut next = pin!(source.next());
            poll_fn(|context| match next.as_mut().poll(context) {
                Poll::Ready(piece) => Poll::Ready(Ok(piece)),
                Poll::Pending => timeout.as_mut().poll(context).map(|()| Err(ErrorCode::RequestTimeout)),
            })
            .await
        };
        let refusal = match piece {
            Ok(None) => break,
            Ok(Some(Ok(piece))) if bytes.len().saturating_add(piece.len()) <= MAX_REST_BODY => {
                bytes.extend_from_slice(&piece);
                continue;
            }
            Ok(Some(Ok(_))) => too_large(),
            Ok(Some(Err(Gone))) => Refusal::new(ErrorCode::Malformed).saying("The body was cut off."),
            Err(code) => code.into(),
        };
        source.cancel();
        return Err(refusal);
    }
    String::from_utf8(bytes).map_err(|_| Refusal::new(ErrorCode::Malformed).saying("The body is not UTF-8."))
}

fn too_large() -> Refusal {
    Refusal::new(ErrorCode::TooLarge).saying(format!("A body may have {MAX_REST_BODY} bytes at most."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        cell::Cell,
        future::{pending, ready},
        task::{Context, Waker},
    };

    /// A body whose pieces are there, and then one that never comes if it hangs.
    struct Pieces {
        left: usize,
        piece: &'static [u8],
        hangs: bool,
        breaks: bool,
        taken: usize,
        cancelled: bool,
    }

    fn pieces(left: usize, piece: &'static [u8]) -> Pieces {
        Pieces { left, piece, hangs: false, breaks: false, taken: 0, cancelled: false }
    }

    impl Source for Pieces {
        async fn next(&mut self) -> Option<Result<Vec<u8>, Gone>> {
            assert!(!self.cancelled, "what is cancelled is not read");
            if self.left == 0 {
                return match (self.hangs, self.breaks) {
                    (true, _) => pending().await,
                    (_, true) => Some(Err(Gone)),
                    _ => None,
                };
            }
            self.left -= 1;
            self.taken += self.piece.len();
            Some(Ok(self.piece.to_vec()))
        }

        fn cancel(&mut self) {
            self.cancelled = true;
        }
    }

    fn run<T>(reading: impl Future<Output = T>) -> T {
        match pin!(reading).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(read) => read,
            Poll::Pending => panic!("it waits for ever"),
        }
    }

    fn code(read: Result<String, Refusal>) -> ErrorCode {
        read.unwrap_err().code
    }

    const KIB: &[u8] = &[b'x'; 1024];

    #[test]
    fn a_body_in_pieces_is_read_whole() {
        let mut body = pieces(3, "né".as_bytes());
        assert_eq!(run(text(&mut body, None, pending())), Ok("nénéné".into()));
        assert!(!body.cancelled);
        assert_eq!(run(text(&mut pieces(0, b""), Some("0"), pending())), Ok(String::new()));
        let largest = run(text(&mut pieces(64, KIB), Some("65536"), pending()));
        assert_eq!(largest.map(|text| text.len()), Ok(MAX_REST_BODY));
    }

    #[test]
    fn a_body_without_a_length_is_read_to_the_cap_and_the_rest_is_cancelled() {
        let mut endless = pieces(usize::MAX, KIB);
        assert_eq!(code(run(text(&mut endless, None, pending()))), ErrorCode::TooLarge);
        assert!(endless.cancelled);
        assert_eq!(endless.taken, MAX_REST_BODY + KIB.len(), "one piece more than there is room for");
    }

    #[test]
    fn a_body_that_says_it_is_too_large_is_not_begun_and_one_that_lies_is_counted() {
        for length in ["65537", "1048576000", " 65537 "] {
            let mut body = pieces(usize::MAX, KIB);
            assert_eq!(code(run(text(&mut body, Some(length), pending()))), ErrorCode::TooLarge);
            assert_eq!((body.taken, body.cancelled), (0, true));
        }
        for length in ["10", "-1", "many", "", "99999999999999999999999"] {
            let mut body = pieces(usize::MAX, KIB);
            assert_eq!(code(run(text(&mut body, Some(length), pending()))), ErrorCode::TooLarge, "{length}");
            assert!(body.cancelled);
        }
    }

    #[test]
    fn a_body_that_trickles_is_given_up_and_one_that_is_there_wins_over_its_timeout() {
        let mut trickle = Pieces { hangs: true, ..pieces(2, b"{") };
        assert_eq!(code(run(text(&mut trickle, None, ready(())))), ErrorCode::RequestTimeout);
        assert!(trickle.cancelled);
        assert_eq!(run(text(&mut pieces(2, b"{"), None, ready(()))), Ok("{{".into()));
    }

    #[test]
    fn the_time_is_that_of_the_whole_body_and_not_of_each_piece() {
        /// Every other poll finds nothing yet.
        struct Slow(Cell<u32>);

        impl Source for Slow {
            async fn next(&mut self) -> Option<Result<Vec<u8>, Gone>> {
                let mut waited = false;
                poll_fn(|context| {
                    if std::mem::replace(&mut waited, true) {
                        return Poll::Ready(());
                    }
                    context.waker().wake_by_ref();
                    Poll::Pending
                })
                .await;
                self.0.set(self.0.get() + 1);
                Some(Ok(vec![b'x']))
            }

            fn cancel(&mut self) {}
        }

        let polls = Cell::new(0_u32);
        let timeout = poll_fn(|_| {
            polls.set(polls.get() + 1);
            if polls.get() > 10 { Poll::Ready(()) } else { Poll::Pending }
        });
        let mut slow = Slow(Cell::new(0));
        let mut reading = Box::pin(text(&mut slow, None, timeout));
        let read = loop {
            if let Poll::Ready(read) = reading.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                break read;
            }
        };
        drop(reading);
        assert_eq!(code(read), ErrorCode::RequestTimeout);
        assert_eq!(slow.0.get(), 10);
    }

    #[test]
    fn a_body_that_is_cut_off_or_no_text_is_malformed() {
        let mut cut = Pieces { breaks: true, ..pieces(1, b"{") };
        assert_eq!(code(run(text(&mut cut, None, pending()))), ErrorCode::Malformed);
        assert_eq!(code(run(text(&mut pieces(1, &[0xff]), None, pending()))), ErrorCode::Malformed);
    }
}
