#include "kube/target.h"

#include <gtest/gtest.h>

namespace kaizen::kube {
namespace {

TEST(Target, ReadsObjectsAndCollections) {
  EXPECT_EQ(read_target("GET", "/api/v1/pods?limit=500"), (Target{"list", "pods", ""}));
  EXPECT_EQ(read_target("GET", "/api/v1/pods?allowWatchBookmarks=true&watch=1"),
            (Target{"watch", "pods", ""}));
  EXPECT_EQ(read_target("GET", "/api/v1/namespaces/shop/services/ranker"),
            (Target{"get", "services", ""}));
  EXPECT_EQ(read_target("GET", "/apis/apps/v1/namespaces/shop/deployments"),
            (Target{"list", "deployments", ""}));
  EXPECT_EQ(read_target("PATCH", "/apis/apps/v1/namespaces/shop/deployments/ranker-1?force=true"),
            (Target{"patch", "deployments", ""}));
  EXPECT_EQ(read_target("PATCH",
                        "/apis/kaizen.ml/v1alpha1/namespaces/shop/modeldeployments/ranker/status"),
            (Target{"patch", "modeldeployments", "status"}));
  EXPECT_EQ(read_target("POST", "/apis/events.k8s.io/v1/namespaces/shop/events"),
            (Target{"create", "events", ""}));
  EXPECT_EQ(read_target("DELETE", "/api/v1/namespaces/shop/services/ranker"),
            (Target{"delete", "services", ""}));
}

TEST(Target, ReadsNamespacesThemselves) {
  EXPECT_EQ(read_target("GET", "/api/v1/namespaces"), (Target{"list", "namespaces", ""}));
  EXPECT_EQ(read_target("GET", "/api/v1/namespaces/shop"), (Target{"get", "namespaces", ""}));
}

TEST(Target, AnyOtherPathHasNoResource) {
  EXPECT_EQ(read_target("GET", "/version"), (Target{"get", "", ""}));
  EXPECT_EQ(read_target("GET", "/apis/apps/v1"), (Target{"get", "", ""}));
  EXPECT_EQ(read_target("GET", ""), (Target{"get", "", ""}));
  EXPECT_EQ(read_target("GET", "?"), (Target{"get", "", ""}));
  EXPECT_EQ(read_target("POST", "//"), (Target{"create", "", ""}));
}

}  // namespace
}  // namespace kaizen::kube
