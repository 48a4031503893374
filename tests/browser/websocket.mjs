/* websocket.mjs - the server's half of RFC 6455, only what a test server needs. */
import { createHash } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Answers the upgrade; gives {sendText, sendBinary, close, onText, socket}. */
export function accept(request, socket) {
    const key = createHash('sha1')
        .update(request.headers['sec-websocket-key'] + GUID)
        .digest('base64');
    socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
            `Sec-WebSocket-Accept: ${key}\r\n\r\n`,
    );
    const peer = {
        socket,
        onText: () => {},
        sendText: (text) => write(socket, 1, Buffer.from(text)),
        sendBinary: (bytes) => write(socket, 2, bytes),
        close: () => socket.destroy(),
    };
    let held = Buffer.alloc(0);
    socket.on('data', (data) => {
        held = Buffer.concat([held, data]);
        for (let frame = parse(held); frame; frame = parse(held)) {
            held = held.subarray(frame.bytes);
            if (frame.opcode === 1) peer.onText(frame.payload.toString());
            if (frame.opcode === 8) socket.end();
        }
    });
    socket.on('error', () => {});
    return peer;
}

function write(socket, opcode, payload) {
    if (!socket.writable) return;
    const n = payload.length;
    const head = n < 126 ? Buffer.from([0x80 | opcode, n]) : Buffer.alloc(n < 65536 ? 4 : 10);
    if (n >= 126) {
        head[0] = 0x80 | opcode;
        head[1] = n < 65536 ? 126 : 127;
        if (n < 65536) head.writeUInt16BE(n, 2);
        else head.writeBigUInt64BE(BigInt(n), 2);
    }
    socket.write(Buffer.concat([head, payload]));
}

function parse(held) {
    if (held.length < 6) return null;
    let length = held[1] & 0x7f;
    let at = 2;
    if (length === 126) {
        length = held.readUInt16BE(2);
        at = 4;
    }
    if (held.length < at + 4 + length) return null;
    const mask = held.subarray(at, at + 4);
    const payload = Buffer.from(held.subarray(at + 4, at + 4 + length)).map(
        (b, i) => b ^ mask[i & 3],
    );
    return { opcode: held[0] & 15, payload, bytes: at + 4 + length };
}
