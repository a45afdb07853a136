#include "kube/request.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/duration.h"
#include "base/http.h"
#include "base/uid.h"
#include "schema/resource.h"

namespace kaizen::kube {
namespace {

using namespace std::chrono_literals;  // NOLINT: as in base/duration.h

constexpr schema::Resource kPods = {"", "v1", "Pod", "pods"};
constexpr schema::Resource kDeployments = {"apps", "v1", "Deployment", "deployments"};
constexpr schema::Resource kNamespaces = {"", "v1", "Namespace", "namespaces"};

const schema::ObjectKey& ranker() {
  static const schema::ObjectKey key{.ns = "shop", .name = "ranker"};
  return key;
}

base::Uid uid() {
  return base::parse_uid("45d3337a-e735-4766-8a28-5b277c82fe14").value_or(base::Uid{});
}

ListOptions paged(int32_t limit) {
  ListOptions options;
  options.limit = limit;
  return options;
}

WatchOptions watch_of(std::string_view version, bool initial, base::Duration timeout) {
  return {
      .resource_version = std::string(version), .send_initial_events = initial, .timeout = timeout};
}

std::string_view header(const base::HttpRequest& request, std::string_view name) {
  return base::find_header(request.headers, name).value_or("(absent)");
}

TEST(Request, PathsOfCoreAndGroupedKindsInAndOutsideNamespaces) {
  EXPECT_EQ(collection_path(kPods, ""), "/api/v1/pods");
  EXPECT_EQ(collection_path(kPods, "shop"), "/api/v1/namespaces/shop/pods");
  EXPECT_EQ(collection_path(kDeployments, "shop"), "/apis/apps/v1/namespaces/shop/deployments");
  EXPECT_EQ(object_path(kDeployments, ranker()),
            "/apis/apps/v1/namespaces/shop/deployments/ranker");
  EXPECT_EQ(object_path(kDeployments, ranker(), "status"),
            "/apis/apps/v1/namespaces/shop/deployments/ranker/status");
  EXPECT_EQ(object_path(kNamespaces, {.ns = "", .name = "shop"}), "/api/v1/namespaces/shop");
  EXPECT_EQ(object_path(kPods, {.ns = "shop", .name = "a/../b"}),
            "/api/v1/namespaces/shop/pods/a%2F..%2Fb");
}

TEST(Request, RT15AsksForJsonAndNothingCompressed) {
  const base::HttpRequest request = get_request(kPods, ranker());
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/api/v1/namespaces/shop/pods/ranker");
  EXPECT_EQ(header(request, "Accept"), "application/json");
  EXPECT_EQ(header(request, "Accept-Encoding"), "(absent)");
  EXPECT_EQ(header(create_request(kPods, ranker(), R"({"metadata":{}})"), "Accept"),
            "application/json");
}

TEST(Request, RT23TheFirstListNamesNoVersionAndComesInPages) {
  EXPECT_EQ(list_request(kPods, {}, paged(500)).target, "/api/v1/pods?limit=500");
}

TEST(Request, RT25ARelistNamesTheVersionAndNoLimit) {
  const Scope scope{.ns = "shop", .label_selector = "", .field_selector = ""};
  ListOptions options;
  options.resource_version = "77";
  EXPECT_EQ(list_request(kPods, scope, options).target,
            "/api/v1/namespaces/shop/pods?resourceVersion=77&resourceVersionMatch=NotOlderThan");
}

TEST(Request, RT26AFurtherPageNamesItsTokenAndNoVersion) {
  const ListOptions options{.limit = 500, .continue_token = "a+b/c=", .resource_version = "77"};
  EXPECT_EQ(list_request(kPods, {}, options).target,
            "/api/v1/pods?limit=500&continue=a%2Bb%2Fc%3D");
}

TEST(Request, RT37SelectorsAreTheServersWork) {
  const Scope scope{.ns = "",
                    .label_selector = "app.kubernetes.io/managed-by=kaizen,x in (a,b)",
                    .field_selector = "status.phase!=Succeeded"};
  EXPECT_EQ(list_request(kPods, scope, {}).target,
            "/api/v1/pods?labelSelector=app.kubernetes.io%2Fmanaged-by%3Dkaizen%2Cx%20in%20%28a%2Cb"
            "%29&fieldSelector=status.phase%21%3DSucceeded");
}

TEST(Request, RT28EveryWatchAsksForBookmarksAndEndsWhenWeSay) {
  EXPECT_EQ(watch_request(kPods, {}, watch_of("77", false, 7min)).target,
            "/api/v1/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=420"
            "&resourceVersion=77");
}

TEST(Request, RT27AWatchListAsksForTheInitialEvents) {
  EXPECT_EQ(watch_request(kPods, {}, watch_of("", true, 5min)).target,
            "/api/v1/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=300"
            "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
}

TEST(Request, A25ACreationCarriesTheVersionThatNoLiveObjectHas) {
  const base::HttpRequest request = create_request(
      kDeployments, ranker(),
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"ranker"},"spec":{}})");
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.target,
            "/apis/apps/v1/namespaces/shop/deployments/ranker"
            "?fieldManager=kaizen&force=true&fieldValidation=Warn");
  EXPECT_EQ(header(request, "Content-Type"), "application/apply-patch+yaml");
  EXPECT_EQ(request.body, R"({"apiVersion":"apps/v1","kind":"Deployment",)"
                          R"("metadata":{"resourceVersion":"1","name":"ranker"},"spec":{}})");
}

TEST(Request, A26AnApplyCarriesUidAndVersionOfWhatWasRead) {
  const base::HttpRequest request =
      apply_request(kDeployments, ranker(),
                    R"({"spec":{"template":{"metadata":{"labels":{"a":"b"}}}},)"
                    R"("metadata":{"labels":{"x":"\"y\""},"name":"ranker"}})",
                    uid(), "212");
  EXPECT_EQ(request.body,
            R"({"spec":{"template":{"metadata":{"labels":{"a":"b"}}}},)"
            R"("metadata":{"uid":"45d3337a-e735-4766-8a28-5b277c82fe14","resourceVersion":"212",)"
            R"("labels":{"x":"\"y\""},"name":"ranker"}})");
}

TEST(Request, RT50AnIdentityInTheBodyIsReplacedNotRepeated) {
  const base::HttpRequest request = create_request(
      kPods, ranker(),
      R"({"metadata":{"uid":"old","name":"ranker","generation":3,"resourceVersion":"9"}})");
  EXPECT_EQ(request.body, R"({"metadata":{"resourceVersion":"1","name":"ranker","generation":3}})");
}

TEST(Request, RT50EmptyMetadataGetsTheConditionToo) {
  EXPECT_EQ(create_request(kPods, ranker(), R"({"metadata":{}})").body,
            R"({"metadata":{"resourceVersion":"1"}})");
  EXPECT_EQ(create_request(kPods, ranker(), R"({"metadata": {} , "a":1})").body,
            R"({"metadata": {"resourceVersion":"1"}, "a":1})");
}

TEST(RequestDeathTest, RT50NothingUnconditionalCanBeBuilt) {
  EXPECT_DEATH(apply_request(kPods, ranker(), R"({"metadata":{}})", {}, "7"), "A26");
  EXPECT_DEATH(apply_request(kPods, ranker(), R"({"metadata":{}})", uid(), ""), "A26");
  EXPECT_DEATH(create_request(kPods, ranker(), R"({"spec":{}})"), "no metadata");
  EXPECT_DEATH(create_request(kPods, ranker(), R"({"metadata":{"a":1)"), "check failed");
  EXPECT_DEATH(status_request(kPods, ranker(), "{}", ""), "A20");
  EXPECT_DEATH(delete_request(kPods, ranker(), {}), "RT-65");
}

TEST(Request, RT56AppliesForceTheirFieldsUnderOneManager) {
  const std::string target =
      apply_request(kPods, ranker(), R"({"metadata":{}})", uid(), "7").target;
  EXPECT_EQ(target,
            "/api/v1/namespaces/shop/pods/ranker"
            "?fieldManager=kaizen&force=true&fieldValidation=Warn");
}

TEST(Request, RT58AJsonPatchNeverForces) {
  const std::string ops = R"([{"op":"replace","path":"/metadata/resourceVersion","value":"7"}])";
  const base::HttpRequest request = json_patch_request(kPods, ranker(), ops);
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.target,
            "/api/v1/namespaces/shop/pods/ranker?fieldManager=kaizen&fieldValidation=Warn");
  EXPECT_EQ(header(request, "Content-Type"), "application/json-patch+json");
  EXPECT_EQ(request.body, ops);
}

TEST(Request, RT59StatusGoesThroughItsSubresourceWithTheVersion) {
  const base::HttpRequest request =
      status_request(kDeployments, ranker(), R"({"phase":"Idle","abort":null})", "212");
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.target,
            "/apis/apps/v1/namespaces/shop/deployments/ranker/status"
            "?fieldManager=kaizen&fieldValidation=Warn");
  EXPECT_EQ(header(request, "Content-Type"), "application/merge-patch+json");
  EXPECT_EQ(request.body,
            R"({"metadata":{"resourceVersion":"212"},"status":{"phase":"Idle","abort":null}})");
}

TEST(Request, RT64TheControllerWarnsAndTheDryRunIsStrict) {
  const base::HttpRequest dry = dry_run_request(kDeployments, "shop", R"({"kind":"Deployment"})");
  EXPECT_EQ(dry.method, "POST");
  EXPECT_EQ(dry.target,
            "/apis/apps/v1/namespaces/shop/deployments"
            "?dryRun=All&fieldValidation=Strict&fieldManager=kaizen");
  EXPECT_EQ(dry.body, R"({"kind":"Deployment"})");
  EXPECT_EQ(post_request(kPods, "shop", "{}").target,
            "/api/v1/namespaces/shop/pods?fieldManager=kaizen&fieldValidation=Warn");
  const base::HttpRequest patch = merge_patch_request(kPods, ranker(), R"({"series":null})");
  EXPECT_EQ(patch.target,
            "/api/v1/namespaces/shop/pods/ranker?fieldManager=kaizen&fieldValidation=Warn");
  EXPECT_EQ(header(patch, "Content-Type"), "application/merge-patch+json");
}

TEST(Request, RT65ADeletionNamesTheIncarnationAndNeverOrphans) {
  const base::HttpRequest request = delete_request(kDeployments, ranker(), uid());
  EXPECT_EQ(request.method, "DELETE");
  EXPECT_EQ(request.target, "/apis/apps/v1/namespaces/shop/deployments/ranker");
  EXPECT_EQ(header(request, "Content-Type"), "application/json");
  EXPECT_EQ(request.body,
            R"({"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background",)"
            R"("preconditions":{"uid":"45d3337a-e735-4766-8a28-5b277c82fe14"}})");
}

}  // namespace
}  // namespace kaizen::kube
