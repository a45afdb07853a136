#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "api/object.h"
#include "api/recorded_test_support.h"
#include "api/tables.h"  // IWYU pragma: keep
#include "base/result.h"
#include "base/time.h"
#include "base/uid.h"
#include "schema/codec.h"

namespace kaizen::api {
namespace {

using base::Result;
using base::Time;
using schema::decode;
using schema::encode;
using testing::ElementsAre;

constexpr Time kMade = Time::from_unix_s(1795562706);  // 2026-11-24T23:25:06Z

template <class T>
T decoded(std::string_view name) {
  const Result<T> value = decode<T>(recorded(name));
  EXPECT_TRUE(value.ok()) << name << ": " << value.error().message;
  return value.ok() ? *value : T{};
}

TEST(ForeignTables, A46DecodesARecordedDeployment) {
  const auto deployment = decoded<Deployment>("deployment");

  EXPECT_EQ(deployment.metadata.name, "ranker-4be2a9905d");
  EXPECT_EQ(deployment.metadata.ns, "shop");
  EXPECT_EQ(to_string(deployment.metadata.uid), "f9bc6fba-8bae-4915-9602-562f7039c5e5");
  EXPECT_EQ(deployment.metadata.resource_version, "452");
  EXPECT_EQ(deployment.metadata.generation, 1);
  EXPECT_EQ(deployment.metadata.creation_timestamp, kMade);
  EXPECT_EQ(deployment.spec.replicas, 2);
  ASSERT_TRUE(deployment.spec.selector.has_value());
  EXPECT_EQ(deployment.spec.selector->match_labels,
            (StringMap{{"kaizen.ml/revision", "4be2a9905d"}}));
  EXPECT_EQ(deployment.spec.progress_deadline_seconds, 600);
  EXPECT_EQ(deployment.spec.revision_history_limit, 10);
  EXPECT_EQ(deployment.spec.min_ready_seconds, std::nullopt);
  EXPECT_TRUE(deployment.spec.template_.empty());
  EXPECT_EQ(deployment.status.observed_generation, 1);
  EXPECT_EQ(deployment.status.replicas, 2);
  EXPECT_EQ(deployment.status.ready_replicas, 2);
  ASSERT_EQ(deployment.status.conditions.size(), 2U);
  EXPECT_EQ(deployment.status.conditions[1],
            (Condition{.type = "Progressing",
                       .status = "True",
                       .reason = "NewReplicaSetAvailable",
                       .message = "ReplicaSet \"ranker-4be2a9905d-897489dc4\" has successfully "
                                  "progressed.",
                       .observed_generation = 0,
                       .last_transition_time = kMade}));
}

TEST(ForeignTables, RT39NeitherManagedFieldsNorTheAppliedConfigurationAreKept) {
  const std::string text = recorded("deployment");
  ASSERT_NE(text.find("managedFields"), std::string::npos);
  ASSERT_NE(text.find("last-applied-configuration"), std::string::npos);

  const auto deployment = decoded<Deployment>("deployment");

  EXPECT_EQ(deployment.metadata.annotations,
            (StringMap{{"deployment.kubernetes.io/revision", "1"}}));
  EXPECT_EQ(encode(deployment).find("managedFields"), std::string::npos);
}

TEST(ForeignTables, A46DecodesARecordedService) {
  const auto service = decoded<Service>("service");

  EXPECT_EQ(service.metadata.annotations, (StringMap{{"a", "b"}}));
  EXPECT_EQ(service.spec.selector, (StringMap{{"kaizen.ml/revision", "4be2a9905d"}}));
  EXPECT_THAT(
      service.spec.ports,
      ElementsAre(
          ServicePort{.name = "http", .port = 80, .target_port = "8080", .app_protocol = "http"},
          ServicePort{.name = "grpc", .port = 9000, .target_port = "grpc", .app_protocol = {}}));
}

TEST(ForeignTables, A46DecodesARecordedReadyPod) {
  const auto pod = decoded<Pod>("pod-ready");

  EXPECT_EQ(pod.metadata.labels, (StringMap{{"kaizen.ml/deployment", "ranker"},
                                            {"kaizen.ml/revision", "4be2a9905d"},
                                            {"pod-template-hash", "897489dc4"}}));
  ASSERT_EQ(pod.metadata.owner_references.size(), 1U);
  const OwnerReference& owner = pod.metadata.owner_references.front();
  EXPECT_EQ(owner.kind, "ReplicaSet");
  EXPECT_EQ(owner.name, "ranker-4be2a9905d-897489dc4");
  EXPECT_EQ(to_string(owner.uid), "108032f1-ea17-429b-9b7f-5c35cefedca9");
  EXPECT_TRUE(owner.controller);
  EXPECT_EQ(pod.status.phase, "Running");
  EXPECT_EQ(pod.status.pod_ip, "10.244.0.6");
  ASSERT_EQ(pod.status.conditions.size(), 5U);
  EXPECT_EQ(pod.status.conditions[2].type, "Ready");
  EXPECT_EQ(pod.status.conditions[2].status, "True");
  ASSERT_EQ(pod.status.container_statuses.size(), 1U);
  const ContainerStatus& container = pod.status.container_statuses.front();
  EXPECT_EQ(container.name, "model");
  EXPECT_TRUE(container.ready);
  EXPECT_EQ(container.restart_count, 0);
  EXPECT_EQ(container.state.waiting_reason, "");
  EXPECT_EQ(container.state.started_at, kMade);
  EXPECT_EQ(container.state.last_exit_code, std::nullopt);
}

TEST(ForeignTables, A46DecodesARecordedFailingPod) {
  const auto pod = decoded<Pod>("pod-failing");

  EXPECT_EQ(pod.status.phase, "Pending");
  ASSERT_EQ(pod.status.container_statuses.size(), 2U);
  const ContainerStatus& missing = pod.status.container_statuses[0];
  EXPECT_EQ(missing.name, "missing");
  EXPECT_EQ(missing.state.waiting_reason, "ErrImageNeverPull");
  EXPECT_EQ(missing.state.waiting_message,
            "Container image \"localhost/absent:1\" is not present with pull policy of Never");
  const ContainerStatus& model = pod.status.container_statuses[1];
  EXPECT_FALSE(model.ready);
  EXPECT_EQ(model.restart_count, 3);
  EXPECT_EQ(model.state.last_terminated_reason, "Error");
  EXPECT_EQ(model.state.last_exit_code, 1);
  EXPECT_EQ(model.state.started_at, std::nullopt);
}

TEST(ForeignTables, A46DecodesARecordedEndpointSlice) {
  const auto slice = decoded<EndpointSlice>("endpointslice");

  EXPECT_EQ(slice.metadata.labels.find("kubernetes.io/service-name")->second, "ranker");
  EXPECT_THAT(slice.endpoints,
              ElementsAre(Endpoint{.addresses = {"10.244.0.4"},
                                   .ready = true,
                                   .target_pod = "ranker-4be2a9905d-897489dc4-wkbw7"},
                          Endpoint{.addresses = {"10.244.0.6"},
                                   .ready = true,
                                   .target_pod = "ranker-4be2a9905d-897489dc4-xqzlx"}));
}

TEST(ForeignTables, AnEndpointThatIsNoPodHasNoTargetPod) {
  const Result<EndpointSlice> slice = decode<EndpointSlice>(
      R"({"endpoints":[{"addresses":["10.0.0.1"],"conditions":{},
                        "targetRef":{"kind":"Node","name":"n"}},{"addresses":[]}]})");
  ASSERT_TRUE(slice.ok()) << slice.error().message;
  EXPECT_THAT(
      slice->endpoints,
      ElementsAre(Endpoint{.addresses = {"10.0.0.1"}, .ready = {}, .target_pod = ""}, Endpoint{}));
}

TEST(ForeignTables, A46DecodesARecordedHttpRoute) {
  const auto route = decoded<HttpRoute>("httproute");

  EXPECT_THAT(
      route.spec.parent_refs,
      ElementsAre(ParentReference{.name = "public", .ns = "default", .section_name = "web"}));
  EXPECT_THAT(route.spec.hostnames, ElementsAre("ranker.example.com"));
  ASSERT_EQ(route.spec.rules.size(), 1U);
  const HttpRouteRule& rule = route.spec.rules.front();
  EXPECT_EQ(rule.name, "predict");
  EXPECT_EQ(rule.matches.text(),
            R"([{"headers":[{"name":"x-team","type":"Exact","value":"a \"b\""}],)"
            R"("path":{"type":"PathPrefix","value":"/v1"}}])");
  EXPECT_THAT(
      rule.backend_refs,
      ElementsAre(
          BackendRef{
              .name = "ranker", .ns = {}, .kind = "Service", .group = "", .port = 80, .weight = 90},
          BackendRef{.name = "ranker-canary",
                     .ns = {},
                     .kind = "Service",
                     .group = "",
                     .port = 80,
                     .weight = 0}));
  ASSERT_EQ(route.status.parents.size(), 1U);
  const RouteParentStatus& parent = route.status.parents.front();
  EXPECT_EQ(parent.controller_name, "traefik.io/gateway-controller");
  EXPECT_EQ(parent.parent_ref.text(),
            R"({"group":"gateway.networking.k8s.io","kind":"Gateway","name":"public",)"
            R"("namespace":"default","sectionName":"web"})");
  ASSERT_EQ(parent.conditions.size(), 2U);
  EXPECT_EQ(parent.conditions[1].reason, "BackendNotFound");
  EXPECT_EQ(parent.conditions[1].status, "False");
  EXPECT_EQ(parent.conditions[1].observed_generation, 1);
}

TEST(ForeignTables, A46DecodesARecordedControllerRevision) {
  const auto revision = decoded<ControllerRevision>("controllerrevision");

  EXPECT_EQ(revision.revision, 7);
  EXPECT_EQ(revision.data.text(),
            R"({"pod":{"spec":{"containers":[{"env":[],"name":"model"}]}},"schema":1,)"
            R"("spec":{"image":"registry.example.com/ranker:1"}})");
  const Result<RevisionData> data = decode<RevisionData>(revision.data.text());
  ASSERT_TRUE(data.ok()) << data.error().message;
  EXPECT_EQ(data->schema, 1);
  EXPECT_EQ(data->spec.text(), R"({"image":"registry.example.com/ranker:1"})");
  EXPECT_EQ(data->pod.text(), R"({"spec":{"containers":[{"env":[],"name":"model"}]}})");
}

TEST(ForeignTables, A3StatusIsNeverSentAndATemplateIs) {
  Deployment deployment;
  deployment.metadata.name = "ranker-4be2a9905d";
  deployment.metadata.ns = "shop";
  deployment.spec.replicas = 0;
  deployment.spec.selector = LabelSelector{{{"kaizen.ml/revision", "4be2a9905d"}}};
  deployment.spec.template_ = RawJson(R"({"spec":{"volumes":[]}})");
  deployment.status.ready_replicas = 3;

  EXPECT_EQ(
      encode(deployment),
      R"({"apiVersion":"apps/v1","kind":"Deployment",)"
      R"("metadata":{"name":"ranker-4be2a9905d","namespace":"shop"},)"
      R"("spec":{"replicas":0,"selector":{"matchLabels":{"kaizen.ml/revision":"4be2a9905d"}},)"
      R"("template":{"spec":{"volumes":[]}}}})");
}

TEST(ForeignTables, EncodesWhatItDecoded) {
  // Without status, template and members kaizen does not know; numbers and texts of ports survive.
  EXPECT_EQ(encode(decoded<Service>("service")),
            R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"ranker","namespace":"shop",)"
            R"("uid":"a6c9aedf-17b8-4f44-89e7-9872017d5ee3","resourceVersion":"402",)"
            R"("creationTimestamp":"2026-11-24T23:25:06Z","annotations":{"a":"b"}},)"
            R"("spec":{"selector":{"kaizen.ml/revision":"4be2a9905d"},"ports":[)"
            R"({"name":"http","port":80,"targetPort":8080,"appProtocol":"http"},)"
            R"({"name":"grpc","port":9000,"targetPort":"grpc"}]}})");
}

TEST(RawJson, A44KeepsTheTextWithoutWhiteSpaceOutsideStrings) {
  const Result<ControllerRevision> revision = decode<ControllerRevision>(
      " { \"data\" : { \"b\" : [ 1.50 , null , { } ] , \"a\\u0041\" : \" x \\\" y \" , "
      "\"c\" : -1e3 , \"d\" : true } } ");
  ASSERT_TRUE(revision.ok()) << revision.error().message;
  EXPECT_EQ(revision->data.text(),
            R"({"b":[1.50,null,{}],"a\u0041":" x \" y ","c":-1e3,"d":true})");
}

TEST(RawJson, A44SharesItsText) {
  const RawJson raw(R"({"a":1})");
  const RawJson copy = raw;  // NOLINT: the copy is what is tested
  EXPECT_EQ(raw.text().data(), copy.text().data());
  EXPECT_TRUE(RawJson().empty());
}

TEST(RawJson, BrokenJsonInsideIsAnErrorWithThePath) {
  for (const std::string_view data : {R"({"a":tru})", R"({"a":01})", R"({"a":"\x"})", R"([1 2])",
                                      R"({"a" 1})", R"({"a":[1,]})", R"(nul)"}) {
    const Result<ControllerRevision> revision =
        decode<ControllerRevision>("{\"data\":" + std::string(data) + "}");
    ASSERT_FALSE(revision.ok()) << data;
    EXPECT_TRUE(revision.error().message.starts_with("data: not JSON: "))
        << revision.error().message;
  }
}

}  // namespace
}  // namespace kaizen::api
