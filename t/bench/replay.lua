-- Licensed under the Apache License, Version 2.0; see LICENSE.
--
-- A load for wrk: requests signed before, sent in turn, and one line of figures at the end.
--
--   wrk ... -s replay.lua ORIGIN -- FILE [BODY]
--
-- FILE has one request in a line: method, target, and its fields, "Name: value", divided by tabs;
-- JSON that is a body stands among them as "Body". The file BODY is the body of any other PUT. Each
-- thread begins elsewhere in FILE, so that threads do not write the same resource at the same time.

local threads = {}

function setup(thread)
   thread:set("id", #threads)
   table.insert(threads, thread)
end

function init(args)
   local body = args[2] and assert(io.open(args[2], "rb")):read("*a")
   requests = {}
   for line in io.lines(args[1]) do
      local method, target, fields = line:match("^(%S+)\t(%S+)(.*)$")
      local headers = {}
      for name, value in fields:gmatch("\t([^:]+): ([^\t]*)") do headers[name] = value end
      if method == "PUT" then headers["Content-Type"] = "application/octet-stream" end
      local sent = headers["Body"] or method == "PUT" and body or nil
      if headers["Body"] then headers["Content-Type"] = "application/json" end
      headers["Body"] = nil
      table.insert(requests, wrk.format(method, target, headers, sent))
   end
   at = math.floor(#requests / 2) * (id % 2)
end

function request()
   at = at % #requests + 1
   return requests[at]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format("FIGURES requests=%d microseconds=%d p50=%d p99=%d bad=%d broken=%d\n",
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
