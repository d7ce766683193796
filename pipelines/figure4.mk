# Figure 4: direct linear maps beside MAS. A map of the whole state may move what
# no subspace holds apart.

FIGURE4_MM := $(call pairs,$(GRU_MULTI_OBJECT),$(GRU_MULTI_OBJECT))
FIGURE4_SS := $(call pairs,$(GRU_SAME_OBJECT),$(GRU_SAME_OBJECT))
FIGURE4_PAIRS := $(FIGURE4_MM) $(call pairs,$(GRU_MULTI_OBJECT),$(GRU_SAME_OBJECT)) $(FIGURE4_SS)

FIGURE4 := $(foreach v,full count,\
    $(call each-way,linear-map linear-map-affine,$(FIGURE4_PAIRS),$v $v) $(call each,mas,$(FIGURE4_PAIRS),$v $v))
# The answer for Same-Object GRUs depends on whether phases are drawn equal.
FIGURE4_PHASE := $(call each-way,linear-map,$(FIGURE4_MM) $(FIGURE4_SS),count count,.phase) \
    $(call each,mas,$(FIGURE4_MM) $(FIGURE4_SS),count count,.phase)

FIGURE4_NULL := $(foreach v,full count,$(foreach t,$(call triangle,$(GRU_MULTI_OBJECT) $(GRU_SAME_OBJECT)),\
    $(call null-way,linear-map linear-map-affine,$(call type-pairs,$t),$v $v) $(call first-null,mas,$(call type-pairs,$t),$v $v)))
FIGURE4_CEILING := $(foreach v,full count,$(call each-das,das,$(GRU_MULTI_OBJECT) $(GRU_SAME_OBJECT),$v)) \
    $(call each-das,das,$(GRU_MULTI_OBJECT) $(GRU_SAME_OBJECT),count,.phase)

$(call figure,figure4,$(FIGURE4) $(FIGURE4_PHASE),$(FIGURE4_NULL),$(FIGURE4_CEILING),$(call each-rsa,$(FIGURE4_PAIRS),hidden))
figure4:  ## linear maps beside MAS
