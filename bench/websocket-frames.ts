/**
 * The two ends of the WebSocket rows speak frames of one fixed size over plain sockets, so that neither parses: masked from the client
 * (RFC 6455 §5.3; a mask of zeros leaves the payload as it is), unmasked from the origin.
 */
export const PAYLOAD_BYTES = 125;
const payload = Buffer.alloc(PAYLOAD_BYTES, 'w');

const BINARY_FINAL = 0x82;
const MASKED = 0x80;

export const CLIENT_FRAME = Buffer.concat([Buffer.from([BINARY_FINAL, MASKED | PAYLOAD_BYTES, 0, 0, 0, 0]), payload]);
export const ORIGIN_FRAME = Buffer.concat([Buffer.from([BINARY_FINAL, PAYLOAD_BYTES]), payload]);
