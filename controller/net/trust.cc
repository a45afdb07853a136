#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/result.h"
#include "base/thread_annotations.h"
#include "net/small_file_internal.h"
#include "net/tls_internal.h"
#include "net/trust_internal.h"

namespace kaizen::net {
namespace {

base::Result<std::string> read_part(const std::string& file, const std::string& inline_text) {
  if (file.empty()) return inline_text;
  KAIZEN_TRY(std::string text, read_small_file(file, kMaxTrustBytes));
  // An empty CA file must not mean "the system's roots" (RT-2).
  if (text.empty()) return base::invalid(file + " is empty");
  return text;
}

base::Result<TlsPem> read_all(const TrustSources& sources) {
  TlsPem pem;
  KAIZEN_TRY(pem.ca, read_part(sources.ca_file, sources.ca_pem));
  KAIZEN_TRY(pem.certificate, read_part(sources.certificate_file, sources.certificate_pem));
  KAIZEN_TRY(pem.key, read_part(sources.key_file, sources.key_pem));
  return pem;
}

}  // namespace

Trust::Trust(TrustSources sources, const base::Clock& clock, TlsPem pem, Now first)
    : sources_(std::move(sources)),
      clock_(clock),
      pem_(std::move(pem)),
      current_(std::move(first)),
      read_at_(clock.mono()) {}

base::Result<std::unique_ptr<Trust>> Trust::load(TrustSources sources, const base::Clock& clock) {
  base::Result<TlsPem> pem = read_all(sources);
  if (!pem) {
    return base::Error{.action = base::Action::kTerminal,
                       .code = pem.error().code,
                       .message = pem.error().message};
  }
  KAIZEN_TRY(std::shared_ptr<const TlsMaterial> material, load_tls(*pem));
  Now first{.material = std::move(material), .generation = 0, .problem = {}};
  return std::unique_ptr<Trust>(
      new Trust(std::move(sources), clock, std::move(pem).value(), std::move(first)));
}

Trust::Now Trust::now() {
  const base::MutexLock lock(mutex_);
  Now result = current_;
  if (clock_.mono() - read_at_ >= kTrustAge) {
    const std::string_view problem = refresh();
    result = current_;
    result.problem = problem;
  }
  return result;
}

std::string_view Trust::refresh() {
  read_at_ = clock_.mono();  // also after a failure: at most one read per 5 minutes
  base::Result<TlsPem> pem = read_all(sources_);
  if (!pem) return "trust_unreadable";
  if (*pem == pem_) return {};
  base::Result<std::shared_ptr<const TlsMaterial>> material = load_tls(*pem);
  if (!material) return "trust_unparsable";
  pem_ = std::move(pem).value();
  current_.material = std::move(material).value();
  ++current_.generation;
  return {};
}

}  // namespace kaizen::net
