// What a request must be before a byte of it is sent (T12), and what may be read from an answer's
// headers. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"
#include "base/result.h"

namespace kaizen::net {

// Error (kInvalid, kTerminal): a name that is no token, or a value with CR, LF or NUL (T12). The
// message names the header and never its value, which may be a secret (SEC-25).
base::Result<base::Unit> check_header(const base::Header& header);

// The method is a token, the target is an encoded path and query (no fragment), every header passes
// check_header, and none is one that the transport writes itself (Host, Content-Length,
// Transfer-Encoding, Connection).
base::Result<base::Unit> check_request(const base::HttpRequest& request);

// "Name: value" lines; empty lines and lines that begin with # are skipped. Error (kInvalid): a
// line of another form, named by its number.
base::Result<std::vector<base::Header>> parse_header_lines(std::string_view text);

// The texts of a Warning header, `299 - "text"`; several are separated by commas (RT-16). A text is
// cut at 1 KiB, at most 16 are kept; what has no quotes is left out.
std::vector<std::string> parse_warnings(std::string_view value);

// Nothing is executed by it, so repeating it is always safe.
bool is_read(std::string_view method);

}  // namespace kaizen::net
