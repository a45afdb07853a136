// Scrub: takes out of a foreign text what may be a credential, before the text is shown in status,
// events or logs (SEC-25, SEC-26). It knows the forms in which servers and libraries echo them:
// user:password@ in a URL, an authorization header, name=value of a name that tells a secret, a
// JSON Web Token. Cut a text after scrubbing, never before. Pure.
#pragma once

#include <string>
#include <string_view>

namespace kaizen::base {

// `text` with "***" in the place of each value that may be a credential.
std::string scrub(std::string_view text);

}  // namespace kaizen::base
