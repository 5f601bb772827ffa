-- Reports a run as one line of JSON; latencies in microseconds. WRK_METHOD and WRK_BODY_BYTES make uploads.
local method = os.getenv("WRK_METHOD")
if method then wrk.method = method end
local bytes = tonumber(os.getenv("WRK_BODY_BYTES") or "0")
if bytes > 0 then wrk.body = string.rep("u", bytes) end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\nJSON {"requests":%d,"durationMicros":%d,"bytes":%d,"socketErrors":%d,"badStatuses":%d,"p50Micros":%.0f,"p99Micros":%.0f}\n',
    summary.requests, summary.duration, summary.bytes, errors.connect + errors.read + errors.write + errors.timeout, errors.status,
    latency:percentile(50), latency:percentile(99)))
end
