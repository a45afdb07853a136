// Clang's thread-safety attributes (A62); nothing under GCC. Mutex is std::mutex with the
// capability that the analysis needs, MutexLock its scope; SharedMutex is std::shared_mutex with
// ReaderLock (many at a time) and WriterLock (alone).
#pragma once

#include <condition_variable>
#include <mutex>
#include <shared_mutex>

#if defined(__clang__)
#define KAIZEN_ATTRIBUTE(x) __attribute__((x))
#else
#define KAIZEN_ATTRIBUTE(x)
#endif

#define KAIZEN_GUARDED_BY(mutex) KAIZEN_ATTRIBUTE(guarded_by(mutex))
#define KAIZEN_REQUIRES(...) KAIZEN_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define KAIZEN_REQUIRES_SHARED(...) KAIZEN_ATTRIBUTE(requires_shared_capability(__VA_ARGS__))
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

class KAIZEN_ATTRIBUTE(capability("shared_mutex")) SharedMutex {
 public:
  void lock() KAIZEN_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }

  void unlock() KAIZEN_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

  void lock_shared() KAIZEN_ATTRIBUTE(acquire_shared_capability()) { mutex_.lock_shared(); }

  void unlock_shared() KAIZEN_ATTRIBUTE(release_shared_capability()) { mutex_.unlock_shared(); }

 private:
  std::shared_mutex mutex_;
};

class KAIZEN_ATTRIBUTE(scoped_lockable) WriterLock {
 public:
  explicit WriterLock(SharedMutex& mutex) KAIZEN_ATTRIBUTE(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }

  ~WriterLock() KAIZEN_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  SharedMutex& mutex_;
};

class KAIZEN_ATTRIBUTE(scoped_lockable) ReaderLock {
 public:
  explicit ReaderLock(SharedMutex& mutex) KAIZEN_ATTRIBUTE(acquire_shared_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock_shared();
  }

  ~ReaderLock() KAIZEN_ATTRIBUTE(release_generic_capability()) { mutex_.unlock_shared(); }

  ReaderLock(const ReaderLock&) = delete;
  ReaderLock& operator=(const ReaderLock&) = delete;

 private:
  SharedMutex& mutex_;
};

}  // namespace kaizen::base
