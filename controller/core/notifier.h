// Notifier: how a notification becomes a request to somebody's webhook. An extension
// (core/extensions.h): values of function pointers, stateless. A notification is sent at least once
// (DR-120): the decision keeps it in status until an answer says that it was taken, and whoever
// receives it tells repetitions apart by `id`.
#pragma once

#include <string>
#include <string_view>

#include "base/http.h"
#include "base/result.h"
#include "base/time.h"
#include "core/settings.h"

namespace kaizen::core {

struct Notification {
  std::string id;       // dedupe key, the same in every repetition
  std::string type;     // "ml.kaizen.drift.act"
  std::string source;   // path of the object it is about, below /apis/kaizen.ml
  std::string subject;  // name of the object, or of the part it is about
  base::Time at;        // when it was decided
  std::string data;     // JSON object
};

struct Delivery {
  bool taken = false;   // the receiver has it
  bool retry = true;    // not taken: may be sent again later; false: it would be refused again
  std::string message;  // not taken: what came back and the next step; "" when taken
};

struct Notifier {
  std::string_view name;  // "cloudevents"

  base::HttpRequest (*render)(const Notification&, const NotificationSink&);
  Delivery (*parse)(const NotificationSink&, const base::Result<base::HttpResponse>&);
};

}  // namespace kaizen::core
