// What the daemon as a whole is up to.
#ifndef OCTET_SERVER_SERVICES_SERVER_STATE_H_
#define OCTET_SERVER_SERVICES_SERVER_STATE_H_

#include <atomic>

namespace octet::server {

// Ready from the end of the first load until the drain begins. Thread-safe.
class ServerState {
 public:
  void FirstLoadEnded() { loaded_ = true; }
  void BeginDrain() { draining_ = true; }

  bool draining() const { return draining_; }
  bool ready() const { return loaded_ && !draining_; }

 private:
  std::atomic<bool> loaded_{false};
  std::atomic<bool> draining_{false};
};

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_SERVER_STATE_H_
