#include "stats/drift/episode.h"

#include <cstdint>
#include <optional>

#include <gtest/gtest.h>

#include "base/duration.h"
#include "base/time.h"
#include "stats/drift/decision.h"

namespace kaizen::stats {
namespace {

constexpr base::Duration kSecond{1'000'000};

constexpr EpisodeTerms kTerms{.close_after = 3, .cooldown = 5 * kSecond, .no_data_grace = 3};

// One policy whose instants are seconds.
class Policy {
 public:
  explicit Policy(const EpisodeTerms& terms = kTerms) : terms_(terms) {}

  EpisodeChange step(Severity severity) {
    return step_with({.severity = severity, .quiet = severity == Severity::kNone});
  }

  EpisodeChange step_with(const Verdict& verdict) {
    return stats::step(state, verdict, terms_, base::Time::from_unix_s(now++));
  }

  EpisodeChange without_data() {
    ++now;
    return step_without_data(state, terms_);
  }

  EpisodeState state;
  int64_t now = 0;

 private:
  EpisodeTerms terms_;
};

TEST(Episode, DR111OpensAtTheFirstWarningAndCountsUp) {
  Policy policy;

  EXPECT_FALSE(policy.step(Severity::kNone).opened);
  EXPECT_TRUE(policy.step(Severity::kWarn).opened);
  EXPECT_FALSE(policy.step(Severity::kWarn).opened);
  EXPECT_EQ(policy.state.open, Severity::kWarn);
  EXPECT_EQ(policy.state.sequence, 1);
}

TEST(Episode, DR112EscalatesOnceAndNeverGoesBack) {
  Policy policy;
  policy.step(Severity::kWarn);

  EXPECT_TRUE(policy.step(Severity::kAct).escalated);
  EXPECT_FALSE(policy.step(Severity::kAct).escalated);
  EXPECT_FALSE(policy.step(Severity::kWarn).escalated);
  EXPECT_EQ(policy.state.open, Severity::kAct);
}

TEST(Episode, DR113ClosesAfterQuietInstantsInARow) {
  Policy policy;
  policy.step(Severity::kAct);

  EXPECT_FALSE(policy.step(Severity::kNone).closed);
  EXPECT_FALSE(policy.step(Severity::kNone).closed);
  EXPECT_FALSE(policy.step(Severity::kWarn).closed);  // starts the count anew
  EXPECT_FALSE(policy.step(Severity::kNone).closed);
  EXPECT_FALSE(policy.step(Severity::kNone).closed);
  EXPECT_TRUE(policy.step(Severity::kNone).closed);
  EXPECT_EQ(policy.state.open, Severity::kNone);
}

// Shiryaev-Roberts evidence stays high for long after the drift has gone.
TEST(Episode, DR113ClosingLooksAtThePresentNotAtStandingEvidence) {
  Policy policy;
  policy.step(Severity::kAct);

  policy.step_with({.severity = Severity::kAct, .quiet = true});
  policy.step_with({.severity = Severity::kAct, .quiet = true});

  EXPECT_TRUE(policy.step_with({.severity = Severity::kAct, .quiet = true}).closed);
}

TEST(Episode, DR113AnotherClocksInstantDoesNotCount) {
  Policy policy;
  policy.step(Severity::kAct);
  policy.step(Severity::kNone);
  policy.step(Severity::kNone);

  EXPECT_FALSE(policy.step_with({.severity = Severity::kNone, .quiet = std::nullopt}).closed);
  EXPECT_EQ(policy.state.quiet, 2);
  EXPECT_TRUE(policy.step(Severity::kNone).closed);
}

TEST(Episode, DR114ClosingStartsTheCoolDownAndEmptiesTheRing) {
  Policy policy;
  policy.step(Severity::kAct);
  for (int i = 0; i < 3; ++i) policy.step(Severity::kNone);

  EXPECT_EQ(policy.state.cooldown_until, base::Time::from_unix_s(3 + 5));
  EXPECT_TRUE(policy.state.ring.empty());
}

TEST(Episode, DR115CoolDownOpensNothingAndStandingEvidenceOpensAtItsEnd) {
  Policy policy;
  policy.step(Severity::kAct);
  for (int i = 0; i < 3; ++i) policy.step(Severity::kNone);

  for (int i = 4; i < 8; ++i) EXPECT_FALSE(policy.step(Severity::kAct).opened) << i;
  EXPECT_TRUE(policy.step(Severity::kAct).opened);
  EXPECT_EQ(policy.state.sequence, 2);
}

TEST(Episode, DR116IsBlindOnceAfterTheGraceAndSightedOnce) {
  Policy policy;

  EXPECT_FALSE(policy.without_data().went_blind);
  EXPECT_FALSE(policy.without_data().went_blind);
  EXPECT_TRUE(policy.without_data().went_blind);
  EXPECT_FALSE(policy.without_data().went_blind);
  EXPECT_TRUE(policy.step(Severity::kNone).sighted);
  EXPECT_FALSE(policy.step(Severity::kNone).sighted);
}

TEST(Episode, DR116AnOpenEpisodeStaysOpenWithoutData) {
  Policy policy;
  policy.step(Severity::kAct);
  policy.step(Severity::kNone);
  policy.step(Severity::kNone);
  for (int i = 0; i < 100; ++i) policy.without_data();

  EXPECT_EQ(policy.state.open, Severity::kAct);
  EXPECT_EQ(policy.state.quiet, 2);
  EXPECT_TRUE(policy.step(Severity::kNone).closed);
}

TEST(Episode, DR47NoDataLeavesTheRingUntouched) {
  const EpisodeTerms two_of_two{.m = 2, .n = 2};
  Policy policy(two_of_two);
  policy.step(Severity::kWarn);
  policy.without_data();

  EXPECT_TRUE(policy.step(Severity::kWarn).opened);
}

TEST(Episode, DR93ASeverityCountsWhenMOfTheLastNHaveIt) {
  const EpisodeTerms two_of_three{.m = 2, .n = 3};
  Policy policy(two_of_three);

  EXPECT_FALSE(policy.step(Severity::kAct).opened);
  EXPECT_FALSE(policy.step(Severity::kNone).opened);
  EXPECT_FALSE(policy.step(Severity::kNone).opened);
  EXPECT_FALSE(policy.step(Severity::kWarn).opened);  // the first act has left the ring
  EXPECT_TRUE(policy.step(Severity::kAct).opened);
  EXPECT_EQ(policy.state.open, Severity::kWarn);  // two of three reach a warning, one an act
}

TEST(Episode, DR117AnEpisodeEndsByWhatItsOwnerDid) {
  Policy policy;
  policy.step(Severity::kAct);

  close_episode(policy.state, kTerms, base::Time::from_unix_s(10));

  EXPECT_EQ(policy.state.open, Severity::kNone);
  EXPECT_EQ(policy.state.cooldown_until, base::Time::from_unix_s(15));
  EXPECT_EQ(policy.state.sequence, 1);
}

}  // namespace
}  // namespace kaizen::stats
