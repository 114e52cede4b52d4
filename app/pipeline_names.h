// Names for the published JSON, from the features.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "app/step.h"
#include "publish/publisher.h"

namespace millrace {

class PipelineNames final : public Names {
 public:
  // `topics` by index, the items topic last. `step` must outlive this.
  PipelineNames(std::vector<std::string> topics, Step& step) : topics_(std::move(topics)), step_(step) {}

  const std::string& topic(TopicIndex topic) const override { return topics_.at(raw(topic)); }
  const ItemId& item(ItemIndex item) const override { return step_.features().item_id(item); }
  std::string title(ItemIndex item) const override {
    const auto content = step_.features().content(this->item(item));
    return content.ok() && *content ? (*content)->title : "";
  }

 private:
  std::vector<std::string> topics_;
  Step& step_;
};

}  // namespace millrace
