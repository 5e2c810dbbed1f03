use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

fn main() -> std::io::Result<()> {
    let listen = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let listener = TcpListener::bind(&listen)?;
    for stream in listener.incoming() {
        // A client that goes away is no reason to stop.
        let _ = answer(stream?);
    }
    Ok(())
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut line = String::new();
    let mut reader = BufReader::new(stream.try_clone()?);
    reader.read_line(&mut line)?;
    while reader.read_line(&mut String::new())? > 2 {}
    let wind = line.split(' ').nth(1).and_then(|path| path.trim_matches('/').parse().ok());
    let (status, body) = match wind {
        Some(force) => ("200 OK", format!("{}\n", sails::advice(force))),
        None => ("400 Bad Request", "how strong is the wind?\n".into()),
    };
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}
