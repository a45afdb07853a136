// Clang's thread-safety attributes (A62); nothing under GCC. Mutex is std::mutex with the
// capability that the analysis needs, MutexLock its scope.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define KAIZEN_ATTRIBUTE(x) __attribute__((x))
#else
#define KAIZEN_ATTRIBUTE(x)
#endif

#define KAIZEN_GUARDED_BY(mutex) KAIZEN_ATTRIBUTE(guarded_by(mutex))
#define KAIZEN_REQUIRES(...) KAIZEN_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define KAIZEN_EXCLUDES(...) KAIZEN_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace kaizen::base {

class KAIZEN_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() KAIZEN_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }

  void unlock() KAIZEN_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class KAIZEN_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) KAIZEN_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }

  ~MutexLock() KAIZEN_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace kaizen::base
