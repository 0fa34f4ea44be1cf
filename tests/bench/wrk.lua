-- The request of bench_load, for a second opinion on its figures:
--   taskset -c 1 wrk -t1 -c64 -d5s --latency -s tests/bench/wrk.lua \
--     http://127.0.0.1:PORT/v1/chat/completions
local head = '{"model":"bench-1k","messages":[{"role":"system","content":'
  .. '"You are terse."},{"role":"user","content":"'
local tail = '"}],"temperature":0.7,"max_tokens":256}'
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = head .. string.rep("w", 267 - #head - #tail) .. tail
